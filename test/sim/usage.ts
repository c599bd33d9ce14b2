/** What `npm run sim -- --help` prints. */
export const USAGE = `npm run sim -- [options]: runs seeds of the simulator, the corpus first, and reports what broke.

  --seeds 1000 --first 1 --json   seeds 1 to 1000 (100 from 1 when not given)
  --hours 8                       as many seeds as fit
  --of-commit                     from a first seed derived from the commit
  --seed 7                        one seed, with its story
  --mutants                       plants defects in the core, one at a time, and says what caught them
  --links                         every combination of a cluster's directed links down

What is run:
  --network 4x3                   clusters x nodes, instead of the drawn size
  --without kill,cut              fewer kinds of faults
  --safety MS                     another time for the safety mode, in ms
  --real                          through the real codec and with real Ed25519
  --no-liveness, --no-corpus      without that part
  --twice-all                     every seed twice (else one in 20): it must give the same hash
  --only NAME,NAME                these mutants; or --sample N: some of them, other ones for each commit
  --every N                       with --links: one combination in N

How:
  --jobs N                        processes; one per core when not given
  --json                          the report as one line of JSON
  --help                          this

The exit status is 1 when anything broke, 2 when the command is wrong.`
