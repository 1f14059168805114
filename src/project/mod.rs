//! A project as it was written: settings and files, parsed but not yet checked.
