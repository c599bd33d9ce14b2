/**
 * `@baton/node/application`: what a module has as its default export when a node's configuration names it
 * (`application = "./mine.ts"`). All nodes of a network run the same application: its name stands in genesis.
 *
 * ```ts
 * import type { ApplicationModule } from '@baton/node/application'
 * export default { interface: 1, create: ({ builtIn }) => builtIn() } satisfies ApplicationModule
 * ```
 */
import type { Application } from '@baton/shared/core/ledger/application'
import type { Genesis } from '@baton/shared/genesis'

export type * from '@baton/shared/core/ledger/application'
export type { Receipt, Transaction } from '@baton/shared/core/ledger/types'
export type { Genesis } from '@baton/shared/genesis'

/** Version of the interface between the node and an application: raised by a change that breaks applications. */
export const APPLICATION_INTERFACE = 1

export interface ApplicationContext {
  readonly genesis: Genesis
  /** The application that runs when none is named: to be wrapped, or asked for what it does better. */
  readonly builtIn: () => Application
}

export interface ApplicationModule {
  readonly interface: typeof APPLICATION_INTERFACE
  /** Called once, when the node starts. What it throws stops the node. */
  create(context: ApplicationContext): Application | Promise<Application>
}
