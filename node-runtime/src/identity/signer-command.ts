/** An owner key that this process never sees: a command signs, in front of an HSM or a key service. */
import { spawn } from 'node:child_process'
import type { SignBytes } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'

const SIGNATURE_BYTES = 64
const OUTPUT_CHARACTERS = 1_024
/** Somebody may have to touch a key or type a PIN. */
const PATIENCE_MS = 120_000

/**
 * The bytes to sign go to its standard input; it answers with the raw signature (64 bytes) in base64. Standard error is the user's.
 * @throws BatonError SIGNER_FAILED when it cannot be started, fails, takes too long, or answers anything else
 */
export function signerCommand(command: string): SignBytes {
  return (message) =>
    new Promise((resolve, reject) => {
      const fail = (why: string) =>
        reject(new BatonError('SIGNER_FAILED', `\`${command}\` ${why}`, { details: { command } }))
      const child = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'inherit'], timeout: PATIENCE_MS })
      let output = ''
      child.stdout.setEncoding('latin1')
      child.stdout.on('data', (text: string) => {
        output = (output + text).slice(0, OUTPUT_CHARACTERS)
      })
      // It may end before it has read everything: its status says what happened.
      child.stdin.on('error', () => undefined)
      child.on('error', (error) => fail(`cannot be started: ${error.message}`))
      child.on('close', (status, signal) => {
        if (signal !== null) return fail(`was ended by ${signal}`)
        if (status !== 0) return fail(`ended with status ${status}`)
        const signature = Buffer.from(output.trim(), 'base64')
        if (signature.length !== SIGNATURE_BYTES) return fail('did not answer with 64 bytes in base64')
        resolve(new Uint8Array(signature))
      })
      child.stdin.end(message)
    })
}
