import { BatonError } from '@baton/shared/errors'
import { BatonClient } from '../../client/baton-client.ts'
import { retryableCode } from '../../client/retry.ts'
import type { Signer } from '../../client/sign.ts'
import { OrderedDispatch } from '../../demo/ordered-dispatch.ts'
import { type OutputOptions, printJson } from '../command-io.ts'
import { EXIT_STATUS } from '../exit-status.ts'
import { loadKey } from '../load-key.ts'
import { nodeUrls } from '../node-urls.ts'
import { stopSignal } from '../stop-signal.ts'
import { countLines, type InputLine, readLines } from '../submit/lines.ts'
import { type LineContent, orderOf, readLine, toTransaction } from '../submit/prepare-line.ts'
import { drawProgress } from '../submit/progress-bar.ts'
import { openProgress, type Progress, withoutProgress } from '../submit/progress-file.ts'
import { summarize, type Tally } from '../submit/tally.ts'

export interface SubmitOptions extends OutputOptions {
  readonly url?: readonly string[]
  readonly key?: string
  readonly concurrency: number
  readonly resume?: string
  readonly restart?: boolean
  /** Seconds. */
  readonly retryFor: number
}

/**
 * Submits every line and waits until each is held. A wrong line is reported and the others go on; when the network does not
 * answer, it stops, and the same command goes on from there.
 * @throws BatonError CONFIG_UNREADABLE, IDENTITY_INVALID, BAD_REQUEST (a line to sign and no key), UNREACHABLE …
 */
export async function submit(file: string, options: SubmitOptions): Promise<void> {
  const tally: Tally = { total: await countLines(file), skipped: 0, executed: 0, refused: 0, failed: 0 }
  const client = new BatonClient({
    urls: nodeUrls(options.url),
    connections: options.concurrency,
    retryForMs: options.retryFor * 1_000,
  })
  const progress = progressFor(file, options)
  const stopped = stopSignal()
  stopped.addEventListener('abort', () => {
    process.stderr.write('\nstopping when what is under way is answered; interrupt again to end at once\n')
  })
  const start = performance.now()
  const stopDrawing =
    process.stderr.isTTY && !options.json ? drawProgress(tally, start, process.stderr) : () => undefined
  try {
    const signer = options.key === undefined ? null : await openSigner(options.key, client)
    await submitAll(file, { client, signer, progress, tally, stopped, options })
  } finally {
    stopDrawing()
    progress.close()
    await client.close()
    process.stderr.write(`${summarize(tally, performance.now() - start)}\n`)
  }
  if (stopped.aborted) process.exitCode = 130
  else if (tally.failed + tally.refused > 0) process.exitCode = EXIT_STATUS.client
}

interface Run {
  readonly client: BatonClient
  readonly signer: Signer | null
  readonly progress: Progress
  readonly tally: Tally
  readonly stopped: AbortSignal
  readonly options: SubmitOptions
}

async function submitAll(file: string, run: Run): Promise<void> {
  const { progress, tally, stopped, options, signer } = run
  const dispatch = new OrderedDispatch(options.concurrency)
  let fatal: unknown
  for await (const line of readLines(file, stopped)) {
    if (stopped.aborted || fatal !== undefined) break
    if (progress.isDone(line)) {
      tally.skipped += 1
      continue
    }
    const content = readLine(line.text)
    if (!content.ok) {
      reportFailure(run, line, new BatonError(content.code, content.why))
      continue
    }
    if (content.value.kind === 'action' && signer === null) {
      fatal = new BatonError('BAD_REQUEST', `line ${line.number} is not signed, and there is no key to sign it with`, {
        remedy: 'give --key FILE, made with `baton key create`',
      })
      break
    }
    await dispatch.add(orderOf(content.value, line.number), async () => {
      if (stopped.aborted || fatal !== undefined) return
      await submitOne(run, line, content.value).catch((error: unknown) => {
        fatal ??= error
      })
    })
  }
  await dispatch.drained()
  if (fatal !== undefined) throw fatal
}

/** @throws what would stop every other line too: no answer, or a bug */
async function submitOne(run: Run, line: InputLine, content: LineContent): Promise<void> {
  const { client, signer, progress, tally, options } = run
  const transaction = await toTransaction(content, signer, `${progress.run}-${line.number}`)
  if (transaction === null) return
  try {
    const { id, receipt } = await client.submit(transaction.bytes)
    if (receipt.ok) tally.executed += 1
    else tally.refused += 1
    progress.record(line, id)
    if (options.json) printJson({ line: line.number, ...receipt })
    else if (!receipt.ok) tell(run, `line ${line.number} refused: ${receipt.code}: ${receipt.why}`)
  } catch (error) {
    if (!(error instanceof BatonError) || retryableCode(error.code)) throw error
    reportFailure(run, line, error, transaction.id)
  }
}

function reportFailure(run: Run, line: InputLine, error: BatonError, id?: string): void {
  run.tally.failed += 1
  if (run.options.json)
    printJson({ line: line.number, ...(id === undefined ? {} : { id }), ok: false, ...error.toJSON() })
  else tell(run, `line ${line.number} failed: ${error.code}: ${error.message}`)
}

const TOLD_MAX = 20

/** The first few; the summary counts them all. */
function tell({ tally }: Run, text: string): void {
  const count = tally.failed + tally.refused
  if (count > TOLD_MAX) return
  const clear = process.stderr.isTTY ? '\r\x1b[K' : ''
  process.stderr.write(
    `${clear}${text}\n${count === TOLD_MAX ? 'more such lines are only counted; --json shows all\n' : ''}`,
  )
}

async function openSigner(key: string, client: BatonClient): Promise<Signer> {
  const pair = await loadKey(key)
  return { pair, network: (await client.status()).network }
}

function progressFor(file: string, { resume, restart = false }: SubmitOptions): Progress {
  const path = resume ?? (file === '-' ? undefined : `${file}.progress`)
  return path === undefined ? withoutProgress() : openProgress(path, restart)
}
