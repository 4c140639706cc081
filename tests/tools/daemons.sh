# SPDX-License-Identifier: Apache-2.0
# daemons.sh - how tests start daemons, talk to them and end them.
#
# The test suites source this file (tests/sdsa-macros.at).  -*- sh -*-
#
# A daemon has a BASE, a path: its PID is in BASE.pid, its log in BASE.log, and
# BASE.ctl is its control socket.  A BASE that does not begin with "/" is in
# the current directory.  Nothing ends daemons by themselves: a test says
# "on_exit 'end_pidfile BASE.pid'" before it starts one.

# wait_until COMMAND: succeeds as soon as COMMAND does, fails after 30 s.  The
# errors that COMMAND prints are not shown: a file that is not there yet is
# waited for.
wait_until () {
    wait_until_n=0
    until eval "$1" 2>/dev/null; do
        wait_until_n=`expr $wait_until_n + 1`
        if test $wait_until_n -ge 300; then
            echo "wait_until: gave up on: $1" >&2
            return 1
        fi
        sleep 0.1
    done
}

# on_exit COMMAND: runs COMMAND when the test ends, however it ends; the last
# one given runs first.
on_exit () {
    if test ! -e cleanup; then
        : > cleanup
        trap '. ./cleanup' 0
        trap 'exit 1' 1 2 13 15
    fi
    (echo "$1"; cat cleanup) > cleanup.new && mv cleanup.new cleanup
}

# is_running PID: a zombie that nobody has reaped yet does not run.
is_running () {
    kill -0 $1 2>/dev/null &&
        ! grep -q '^State:.Z' /proc/$1/status 2>/dev/null
}

# end_pidfile FILE...: ends the processes of these PID files and waits for
# them.
end_pidfile () {
    for end_file; do
        test -s "$end_file" || continue
        end_pid=`cat "$end_file"`
        kill $end_pid 2>/dev/null
        end_n=0
        while is_running $end_pid && test $end_n -lt 50; do
            sleep 0.1
            end_n=`expr $end_n + 1`
        done
        kill -9 $end_pid 2>/dev/null
    done
    :
}

# daemons_here: makes the current directory the one of all daemons and of the
# commands that look for them.
daemons_here () {
    OVS_RUNDIR=`pwd` OVS_LOGDIR=`pwd` OVS_DBDIR=`pwd` OVS_SYSCONFDIR=`pwd`
    SDSA_DB=unix:`pwd`/sdsa.sock
    export OVS_RUNDIR OVS_LOGDIR OVS_DBDIR OVS_SYSCONFDIR SDSA_DB
}

# daemon_base BASE: sets 'base' to its absolute path.
daemon_base () {
    case $1 in #(
        /*) base=$1 ;; #(
        *) base=`pwd`/$1 ;;
    esac
}

# daemon_start BASE COMMAND...: starts the daemon of COMMAND, which may begin
# with a program that runs another one ("lab exec mgmt").
daemon_start () {
    daemon_base "$1"
    shift
    "$@" --detach --no-chdir -vconsole:off --pidfile="$base.pid" \
        --log-file="$base.log" --unixctl="$base.ctl"
}

# daemon_ctl BASE COMMAND...: ovs-appctl for the daemon.
daemon_ctl () {
    daemon_base "$1"
    shift
    ovs-appctl -t "$base.ctl" "$@"
}

# daemon_exit BASE [ARG...]: tells the daemon to exit and waits until it has.
daemon_exit () {
    daemon_base "$1"
    shift
    exit_pid=`cat "$base.pid"` &&
    ovs-appctl -t "$base.ctl" exit "$@" && wait_until "! is_running $exit_pid"
}

# sdsa_db_start [OPTION...]: serves sdsa.db, made anew if there is none, at
# sdsa.sock.  Its BASE is sdsa-db.
sdsa_db_start () {
    test -e sdsa.db ||
        ovsdb-tool create sdsa.db "$SDSA_SRCDIR/vswitchd-config/sdsa.ovsschema" ||
        return 1
    daemon_start sdsa-db ovsdb-server --remote=punix:"`pwd`/sdsa.sock" "$@" \
        sdsa.db
}

# switch_db_start [OPTION...]: serves the database of a switch, conf.db, made
# anew if there is none, at db.sock.  Its BASE is conf-db.
switch_db_start () {
    switch_db_is_new=
    if test ! -e conf.db; then
        switch_db_is_new=yes
        ovsdb-tool create conf.db "$OVS_SRCDIR/vswitchd/vswitch.ovsschema" ||
            return 1
    fi
    daemon_start conf-db ovsdb-server --remote=punix:"`pwd`/db.sock" "$@" \
        conf.db ||
        return 1
    test -z "$switch_db_is_new" || ovs-vsctl --no-wait init
}

# vswitchd_start: an ovs-vswitchd with dummy devices, on that database.  Its
# BASE is vswitchd.
vswitchd_start () {
    daemon_start vswitchd ovs-vswitchd --enable-dummy --disable-system \
        --disable-system-route unix:"`pwd`/db.sock"
}

# switch_start: both.
switch_start () {
    switch_db_start && vswitchd_start
}

# names_text TEXT: what TEXT of tests/data/names stands for.
names_text () {
    case $1 in #(
        *\**) printf "%${1##*\*}s" '' | tr ' ' x ;; #(
        *) printf '%b' "$1" ;;
    esac
}

# names_each COMMAND...: calls COMMAND with KIND and text of each line of
# tests/data/names.
names_each () {
    grep -v '^#' "$TESTDATA/names" | while IFS= read -r names_line; do
        "$@" "${names_line%% *}" "`names_text "${names_line#* }"`"
    done
}

# tls_options DIR: the options of a controller for the directory DIR of
# sdsa-pki.
tls_options () {
    echo "-p $1/sdsa-controller-key.pem -c $1/sdsa-controller-cert.pem" \
        "-C $1/switch-cacert.pem --vnf-ca-cert=$1/vnf-cacert.pem"
}

# dated_cert CA NAME START END: renews the certificate of NAME in pki, a
# directory of sdsa-pki, from START to END, as date has them.  CA is "vnf-",
# "switch-" or "": the authority of the infrastructure.
dated_cert () {
    : > index && echo 77 > serial && printf '%s\n' '[ca]' default_ca=d '[d]' \
        database=index serial=serial new_certs_dir=. default_md=sha256 \
        unique_subject=no policy=p '[p]' commonName=supplied > ca.conf &&
    echo subjectAltName=DNS:$2 > dated.ext &&
    openssl req -new -key pki/$2-key.pem -subj /CN=$2 -out dated.csr &&
    openssl ca -config ca.conf -batch -notext -in dated.csr -out dated.pem \
        -cert pki/$1cacert.pem -keyfile pki/private/$1cakey.pem \
        -extfile dated.ext -startdate `date -u -d "$3" +%y%m%d%H%M%SZ` \
        -enddate `date -u -d "$4" +%y%m%d%H%M%SZ` &&
    cp dated.pem pki/$2-cert.pem
}

# controller_start [NAME [OPTION...]]: starts a controller, listening on
# punix:NAME.mgmt.  Its BASE is NAME, "controller" if not given.
controller_start () {
    controller_name=${1-controller}
    test $# = 0 || shift
    daemon_start "$controller_name" sdsa-controller --db="$SDSA_DB" \
        --listen=punix:"`pwd`/$controller_name.mgmt" \
        `tls_options pki` "$@"
}

# bridge_add NAME DPID PORT...: a bridge of vswitchd with dummy ports, whose
# numbers are 1, 2, ...; DPID has up to 16 hex digits.
bridge_add () {
    bridge_name=$1
    bridge_command="add-br $1 -- set Bridge $1 datapath_type=dummy
        other_config:datapath-id=`printf %016x 0x$2` fail_mode=secure
        other_config:disable-in-band=true"
    shift; shift
    bridge_n=0
    for bridge_port; do
        bridge_n=`expr $bridge_n + 1`
        bridge_command="$bridge_command -- add-port $bridge_name $bridge_port
            -- set Interface $bridge_port type=dummy ofport_request=$bridge_n"
    done
    ovs-vsctl $bridge_command
}
