/** The bindings and the main module of the Worker under test. */
import type { Env as WorkerEnv } from '../../worker/src/env.ts'

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import('../../worker/src/index.ts')
    }
    interface Env extends WorkerEnv {}
  }
}
