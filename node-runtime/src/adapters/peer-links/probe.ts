/** Whether anything listens at an address: a bare TCP connect, dropped again (EL1). */
import { connect } from 'node:net'
import type { ProbeResult } from '@baton/shared/ports/peer-links'
import { parseAddress } from '../../config/address.ts'

/**
 * The kernel closes a killed process's links a little before its listening socket: a connect in between succeeds and
 * is reset at once. So a connection counts as open when it has lasted this long; else it is tried again.
 */
const LASTING_MS = 25

type Attempt = 'refused' | 'open' | 'reset' | 'unreachable'

/** Never rejects. Only ECONNREFUSED proves that no process listens; an unreachable host may be a cut cable. */
export async function probeAddress(address: string, timeoutMs: number): Promise<ProbeResult> {
  const target = parseAddress(address)
  if (target === null) return 'timeout'
  const deadline = performance.now() + timeoutMs
  let seen: Attempt = 'unreachable'
  while (performance.now() < deadline) {
    const attempt = await connectOnce(target, deadline - performance.now())
    if (attempt === 'refused' || attempt === 'open') return attempt
    seen = attempt
    if (attempt === 'unreachable') break
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return seen === 'reset' ? 'open' : 'timeout'
}

function connectOnce(target: { readonly host: string; readonly port: number }, timeoutMs: number): Promise<Attempt> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port })
    let connected = false
    let timer = setTimeout(() => finish('unreachable'), timeoutMs)
    function finish(result: Attempt): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => {
      connected = true
      clearTimeout(timer)
      timer = setTimeout(() => finish('open'), Math.min(LASTING_MS, timeoutMs))
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      finish(error.code === 'ECONNREFUSED' ? 'refused' : connected ? 'reset' : 'unreachable')
    })
    socket.once('close', () => finish('reset'))
    // Without a reader the end of the connection would go unnoticed.
    socket.resume()
  })
}
