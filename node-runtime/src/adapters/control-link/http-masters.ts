/** The master table over HTTP while there is no session (NW2): it lies with another object than the cluster's authority. */
import { type ClientRequest, get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { masterTableJws } from '@baton/shared/id-schemas'
import type { Jws } from '@baton/shared/ids'
import { z } from 'zod'
import { REQUEST_MS } from './constants.ts'
import { jsonOf } from './http-answer.ts'

const answerSchema = z.object({ table: masterTableJws })

export class HttpMasters {
  readonly #url: string
  #etag: string | null = null
  #asking = false

  constructor(url: string) {
    this.#url = url
  }

  /** A table that differs from the last one; null when it does not, or when nobody answers within `REQUEST_MS`. Never rejects. */
  async newer(): Promise<Jws | null> {
    if (this.#asking) return null
    this.#asking = true
    try {
      const response = await answerOf(this.#url, this.#etag)
      if (response?.statusCode !== 200) {
        response?.destroy()
        return null
      }
      const answer = answerSchema.safeParse(await jsonOf(response))
      if (!answer.success) return null
      this.#etag = response.headers.etag ?? null
      return answer.data.table
    } finally {
      this.#asking = false
    }
  }
}

function answerOf(url: string, etag: string | null): Promise<IncomingMessage | null> {
  return new Promise((resolve) => {
    const get = url.startsWith('https:') ? httpsGet : httpGet
    let request: ClientRequest
    try {
      request = get(url, {
        agent: false,
        headers: etag === null ? {} : { 'if-none-match': etag },
        signal: AbortSignal.timeout(REQUEST_MS),
      })
    } catch {
      return resolve(null)
    }
    request.on('response', resolve)
    request.on('error', () => resolve(null))
  })
}
