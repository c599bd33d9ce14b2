/**
 * Claims and reshapes over HTTP while there is no session. One attempt on a fresh connection, no retry: repeating is the
 * node's decision. Plain `node:http`, which `ws` has loaded anyway: the way out is needed exactly when things are going
 * wrong, and loading an HTTP client then costs a master 60 to 130 ms of its event loop and 7 to 28 MB (measured).
 */
import { type ClientRequest, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Jws } from '@baton/shared/ids'
import type { ControlReply } from '@baton/shared/ports/control-link'
import { replyOf, unreachable } from './http-answer.ts'

export interface SignedRequest {
  readonly statement: Jws
  readonly certificate: Jws
}

/** Never rejects; decided within `timeoutMs` from now. */
export function postSigned(url: string, body: SignedRequest, timeoutMs: number): Promise<ControlReply> {
  return new Promise((resolve) => {
    const bytes = Buffer.from(JSON.stringify(body))
    const send = url.startsWith('https:') ? httpsRequest : httpRequest
    let request: ClientRequest | null = null
    const deadline = setTimeout(() => finish(unreachable(`no answer within ${timeoutMs} ms`)), timeoutMs)
    function finish(reply: ControlReply): void {
      clearTimeout(deadline)
      request?.destroy()
      resolve(reply)
    }
    try {
      request = send(url, {
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': bytes.length },
      })
    } catch (error) {
      return finish(unreachable(String(error)))
    }
    request.on('response', (response) => void replyOf(response).then(finish))
    request.on('error', (error) => finish(unreachable(error.message)))
    request.end(bytes)
  })
}
