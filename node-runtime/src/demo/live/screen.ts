/** The terminal in full-screen mode: the alternate screen without a cursor, keys one by one. */
import type { ReadStream, WriteStream } from 'node:tty'

export class Screen {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #restore = () => this.close()
  #onKey: ((key: string) => void) | undefined
  #open = false

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input
    this.#output = output
  }

  get columns(): number {
    return this.#output.columns
  }

  open(onKey: (key: string) => void): void {
    this.#open = true
    // Keys that are typed fast arrive together.
    this.#onKey = (keys) => {
      for (const key of keys) onKey(key)
    }
    this.#output.write('\x1b[?1049h\x1b[?25l')
    this.#input.setRawMode(true)
    this.#input.setEncoding('utf8').on('data', this.#onKey).resume()
    // Whatever ends the process, the terminal is usable afterwards.
    process.once('exit', this.#restore)
  }

  draw(lines: readonly string[]): void {
    if (!this.#open) return
    this.#output.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    process.off('exit', this.#restore)
    if (this.#onKey !== undefined) this.#input.off('data', this.#onKey)
    this.#input.setRawMode(false)
    this.#input.pause()
    this.#output.write('\x1b[?25h\x1b[?1049l')
  }
}
