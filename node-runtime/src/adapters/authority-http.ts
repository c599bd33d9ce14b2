/**
 * Questions to the authentication node over HTTP, one attempt each: bounded, checked, and with its coded errors. undici is loaded with
 * the first question: a running node asks once in months (ID8), and need not carry an HTTP client until then.
 */
import { BatonError } from '@baton/shared/errors'
import { LIMITS } from '@baton/shared/limits'
import type { Dispatcher, Pool } from 'undici'
import type { z } from 'zod'
import { codedErrorIn, describeAnswer } from '../client/coded-answer.ts'

export interface Question {
  /** A POST with this as JSON; without one it is a GET. */
  readonly body?: object
  /** How much longer than usual the answer may take, in ms: it waits for something. */
  readonly waitMs?: number
}

export interface AuthorityHttpOptions {
  /** Of an operator (ID7), sent with every question. */
  readonly token?: string
  /** From the question to the end of its answer, in ms; default 10 s. */
  readonly answerMs?: number
}

const CONNECT_MS = 3_000
const ANSWER_MS = 10_000
const CONNECTIONS = 2

export class AuthorityHttp {
  readonly #url: string
  readonly #options: AuthorityHttpOptions
  #pool: Promise<Pool> | undefined

  /** @param url `http://` or `https://` */
  constructor(url: string, options: AuthorityHttpOptions = {}) {
    this.#url = url.replace(/\/+$/, '')
    this.#options = options
  }

  /**
   * @param path from the root of the authentication node: `/v1/…`
   * @returns what has passed `schema`
   * @throws BatonError with the authority's code; UNREACHABLE when there was no answer of it
   */
  async ask<T>(schema: z.ZodType<T>, path: string, question: Question = {}): Promise<T> {
    const { status, answer } = await this.#exchange(path, question)
    if (status !== 200) throw codedErrorIn(answer) ?? this.#unreachable(describeAnswer(status, answer))
    const parsed = schema.safeParse(answer)
    if (!parsed.success) throw this.#unreachable('its answer is not the one of an authentication node')
    return parsed.data
  }

  /** Idle connections close by themselves, and keep no process alive: only what is still asked is cut off here. */
  async close(): Promise<void> {
    await (await this.#pool)?.destroy()
  }

  async #exchange(path: string, { body, waitMs = 0 }: Question): Promise<{ status: number; answer: unknown }> {
    const { token, answerMs: usualMs = ANSWER_MS } = this.#options
    const answerMs = usualMs + waitMs
    const signal = AbortSignal.timeout(answerMs)
    try {
      this.#pool ??= this.#open()
      const response = await (await this.#pool).request({
        method: body === undefined ? 'GET' : 'POST',
        path: `${new URL(this.#url).pathname.replace(/\/+$/, '')}${path}`,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // Exact where those of the pool are not, and over the whole of the answer.
        headersTimeout: 0,
        bodyTimeout: 0,
        signal,
      })
      return { status: response.statusCode, answer: await jsonOf(response.body) }
    } catch (error) {
      const why = signal.aborted ? `nothing came within ${answerMs} ms` : reasonOf(error)
      throw this.#unreachable(why, error)
    }
  }

  async #open(): Promise<Pool> {
    const { Pool } = await import('undici')
    return new Pool(new URL(this.#url).origin, { connections: CONNECTIONS, connect: { timeout: CONNECT_MS } })
  }

  #unreachable(why: string, cause?: unknown): BatonError {
    return new BatonError('UNREACHABLE', `no answer from the authentication node at ${this.#url}: ${why}`, {
      remedy: 'check its address (--authority-url, $BATON_AUTHORITY_URL) and the network between here and there',
      details: { url: this.#url },
      cause,
    })
  }
}

/** Undefined when it is too long, or no JSON. */
async function jsonOf(body: Dispatcher.ResponseData['body']): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > LIMITS.controlAnswerBytes) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

/** Some errors of Node have a code and no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || String((error as NodeJS.ErrnoException).code)
}
