/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SDSA_PARTICIPANT_H
#define SDSA_PARTICIPANT_H 1

/* The identity of what takes part in an operation.  The database and log
 * messages have it as text: "gateway gw1", "bridge br2". */

enum participant_kind {
    PARTICIPANT_GATEWAY,        /* 'name' is its VNF-ID. */
    PARTICIPANT_BRIDGE,
    PARTICIPANT_HOP,            /* 'name' is a text for people, as "the hop gw1
                                 * => gw2"; the text form is the name alone. */
};

struct participant {
    enum participant_kind kind;
    const char *name;
};

/* Returns the text form of the participant; caller must free. */
char *participant_format(const struct participant *);

/* Returns the participant of which 'text' is the text form.  Its name points
 * into 'text'.  A text with an unknown prefix is a hop. */
struct participant participant_parse(const char *text);

#endif /* ofctl-app/model/participant.h */
