/** Requests as bytes on a connection: what no client would send, and what each of them must be answered with. */
import { connect } from 'node:net'
import { isErrorCode } from '@baton/shared/errors'
import { expect } from 'vitest'

export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly token?: string
  readonly type?: string | undefined
  readonly body?: Uint8Array | undefined
}

export function requestBytes({ method, path, token = 'TOKEN', type, body }: RawRequest): Uint8Array {
  const length = body === undefined ? '' : `content-length: ${body.length}\r\n`
  const typed = type === undefined ? '' : `content-type: ${type}\r\n`
  const head = `${method} ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${token}\r\n${typed}${length}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body ?? new Uint8Array()])
}

/** The first answer on a connection, or what came before its end. */
export function exchange(request: Uint8Array, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer)?.[1]
      if (length === undefined) return
      const end = answer.indexOf('\r\n\r\n') + 4 + Number(length)
      if (answer.length < end) return
      answer = answer.slice(0, end)
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.once('close', () => resolve(answer))
  })
}

/** The status; a refusal has a code, in the answer or in each of the results of a batch. */
export function statusOf(answer: string, what: string): number {
  const [head = ''] = answer.split('\r\n\r\n')
  const body = bodyOf(answer)
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
  expect(status, `${what} → ${answer}`).toBeGreaterThanOrEqual(200)
  expect(status, `${what} → ${answer}`).not.toBe(500)
  // `/master`, `/standby` and `/health` speak by their status.
  if (status >= 400 && !/"(role|healthy)"/.test(body) && !/^HEAD /.test(what)) {
    expect(isErrorCode(JSON.parse(body).error), `${what} → ${answer}`).toBe(true)
    expect(body).not.toContain('INTERNAL')
  }
  return status
}

/** The JSON in an answer; empty when there is none. */
export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)
}
