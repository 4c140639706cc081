#!/bin/sh
# Make ./configure and its companions from a fresh checkout.
exec autoreconf --install --force "$@"
