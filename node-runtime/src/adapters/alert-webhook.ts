/** Posts alerts to a webhook, signed, one after another; a receiver that does not answer costs a bounded queue and nothing else. */
import { type ClientRequest, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { LIMITS } from '@baton/shared/limits'
import type { Log } from '@baton/shared/ports/log'
import { ALERT_SIGNATURE_HEADER, type AlertMessage, alertRetryMs, signAlert } from '@baton/shared/protocol/alert'

export interface AlertWebhookOptions {
  readonly url: string
  readonly secret: string
  readonly log: Log
  /** For tests: waits between attempts. */
  readonly retryMs?: (attempts: number) => number
}

export class AlertWebhook {
  readonly #options: AlertWebhookOptions
  readonly #queue: AlertMessage[] = []
  readonly #stopped = new AbortController()
  #running: Promise<void> | null = null

  constructor(options: AlertWebhookOptions) {
    this.#options = options
  }

  /** Returns at once. */
  post(message: AlertMessage): void {
    if (this.#stopped.signal.aborted) return
    this.#queue.push(message)
    // The oldest has waited longest for a receiver that does not answer.
    if (this.#queue.length > LIMITS.alertsWaiting) this.#queue.shift()
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) await this.#deliver(next)
    this.#running = null
  }

  async #deliver(message: AlertMessage): Promise<void> {
    const { url, secret, log, retryMs = alertRetryMs } = this.#options
    const body = JSON.stringify(message)
    const signature = await signAlert(secret, body)
    for (let attempt = 1; !this.#stopped.signal.aborted; attempt += 1) {
      const answer = await attemptPost(url, body, signature, this.#stopped.signal)
      if (answer === null) return
      if (attempt === LIMITS.alertAttempts) {
        log.warn(
          { event: 'alert-not-delivered', code: message.code, why: answer },
          `the webhook did not take an alert: ${answer}`,
        )
        return
      }
      await pause(retryMs(attempt), this.#stopped.signal)
    }
  }
}

/** Null when it was taken, else why not. Plain `node:http`, for the reason in `control-link/http-fallback.ts`. */
function attemptPost(url: string, body: string, signature: string, stopped: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const bytes = Buffer.from(body)
    const send = url.startsWith('https:') ? httpsRequest : httpRequest
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(LIMITS.alertAttemptMs)])
    const headers = {
      'content-type': 'application/json',
      'content-length': bytes.length,
      [ALERT_SIGNATURE_HEADER]: signature,
    }
    let request: ClientRequest
    try {
      request = send(url, { method: 'POST', agent: false, headers, signal })
    } catch (error) {
      resolve(String(error))
      return
    }
    request.on('response', (response) => {
      response.resume()
      const status = response.statusCode ?? 0
      resolve(status >= 200 && status < 300 ? null : `HTTP status ${status}`)
    })
    request.on('error', (error) => resolve(error.message))
    request.end(bytes)
  })
}

function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      stopped.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    stopped.addEventListener('abort', done, { once: true })
  })
}
