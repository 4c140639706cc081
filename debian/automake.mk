EXTRA_DIST += debian/changelog debian/control debian/copyright debian/rules
