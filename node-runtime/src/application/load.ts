/** The application of a node: the built-in one, or the module that its configuration names. */
import { pathToFileURL } from 'node:url'
import type { Application } from '@baton/shared/core/ledger/application'
import { RECORDS_AND_TRANSFERS, RecordsAndTransfers } from '@baton/shared/core/ledger/records-and-transfers'
import { BatonError } from '@baton/shared/errors'
import type { NodeConfig } from '../config/types.ts'
import { APPLICATION_INTERFACE, type ApplicationModule } from './module.ts'

const METHODS = ['check', 'execute', 'query'] as const

/** @throws BatonError APPLICATION_INVALID: the module cannot be loaded, has another shape, fails, or is not that of genesis */
export async function loadApplication({ genesis, applicationFile }: NodeConfig): Promise<Application> {
  const builtIn = () => new RecordsAndTransfers(genesis)
  const application = applicationFile === null ? builtIn() : await loaded(applicationFile, { genesis, builtIn })
  if (application.name === genesis.application) return application
  const runs = applicationFile === null ? `the built-in application, ${RECORDS_AND_TRANSFERS}` : applicationFile
  throw invalid(
    `the network runs the application "${genesis.application}", and ${runs} is "${application.name}"`,
    'name the module of the network’s application: application = "./FILE.js"',
  )
}

async function loaded(file: string, context: Parameters<ApplicationModule['create']>[0]): Promise<Application> {
  let module: { readonly default?: unknown }
  try {
    module = await import(pathToFileURL(file).href)
  } catch (error) {
    throw invalid(`the application ${file} cannot be loaded: ${messageOf(error)}`, 'mend the module', error)
  }
  const made = module.default as Partial<ApplicationModule> | null | undefined
  if (typeof made !== 'object' || made === null || typeof made.create !== 'function') {
    throw invalid(
      `${file} has no application as its default export`,
      `export default { interface: ${APPLICATION_INTERFACE}, create: (context) => application }`,
    )
  }
  if (made.interface !== APPLICATION_INTERFACE) {
    throw invalid(
      `${file} is made for version ${String(made.interface)} of the application interface, this node has version ${APPLICATION_INTERFACE}`,
      Number(made.interface) > APPLICATION_INTERFACE
        ? 'upgrade Baton on this host'
        : 'take a newer version of the application',
    )
  }
  let application: unknown
  try {
    application = await made.create(context)
  } catch (error) {
    throw invalid(`the application ${file} could not be created: ${messageOf(error)}`, 'mend the module', error)
  }
  const wrong = shapeProblem(application)
  if (wrong !== null) throw invalid(`what ${file} creates is no application: ${wrong}`, 'mend the module')
  return application as Application
}

function shapeProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return `it is ${value === null ? 'null' : typeof value}`
  const application = value as Record<string, unknown>
  for (const name of ['name', 'snapshot']) {
    if (typeof application[name] !== 'string' || application[name] === '') return `it has no ${name}`
  }
  const absent = METHODS.find((name) => typeof application[name] !== 'function')
  return absent === undefined ? null : `it has no method ${absent}`
}

function invalid(message: string, remedy: string, cause?: unknown): BatonError {
  return new BatonError('APPLICATION_INVALID', message, { remedy, cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
