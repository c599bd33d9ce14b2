/**
 * Ends what a killed demo leaves behind. A frozen child (SIGSTOP) does not notice that its standard input has closed, and workerd
 * does not look: a shell that outlives the demo kills every process it was told of once its own input ends.
 */
import { type ChildProcess, spawn } from 'node:child_process'

/** Reads `+pid` and `-pid` lines; at the end of input kills what is left. Only builtins, so it starts in a millisecond. */
const SCRIPT = `
trap '' INT TERM HUP
pids=' '
while read -r line; do
  pid="\${line#?}"
  case "$line" in
    +*) pids="$pids$pid " ;;
    -*) case "$pids" in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
  esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
`

export class Watchdog {
  #shell: ChildProcess | undefined

  start(): void {
    if (process.platform === 'win32') return
    // Its own session: a closed terminal or Ctrl-C must not end it before its work is done.
    this.#shell = spawn('sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    this.#shell.on('error', () => undefined)
    this.#shell.stdin!.on('error', () => undefined)
    this.#shell.unref()
  }

  watch(pid: number): void {
    this.#tell(`+${pid}\n`)
  }

  /** The process has ended: its number may be given to another one. */
  forget(pid: number): void {
    this.#tell(`-${pid}\n`)
  }

  /** Closes its input: it kills whatever is still watched and ends. */
  stop(): void {
    this.#shell?.stdin?.end()
    this.#shell = undefined
  }

  #tell(line: string): void {
    if (this.#shell?.stdin?.writable) this.#shell.stdin.write(line)
  }
}
