-- Living entries under a conflict name: `status` counts them, so they have to be found without going through all names.
CREATE INDEX states_of_conflicts ON states (directory, name) WHERE name GLOB '*.conflict-*' AND kind <> 0;
