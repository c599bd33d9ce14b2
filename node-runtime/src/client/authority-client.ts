/** What operators ask of the authentication node, over HTTP with their token (ID7). */
import type { Explanation } from '@baton/shared/core/registry/explain'
import type { OperatorAction, RegistryEvent } from '@baton/shared/core/registry/messages'
import type { ClusterId, NetworkId } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import { z } from 'zod'
import { AuthorityHttp, type Question } from '../adapters/authority-http.ts'

export interface AuthorityClientOptions {
  /** `http://` or `https://`. */
  readonly url: string
  readonly network: NetworkId
  readonly token: string
}

export interface ActRequest {
  readonly why: string
  readonly dryRun: boolean
  /** RG1: the version of the registry that the operator has seen. */
  readonly against?: number
  readonly [field: string]: unknown
}

/** What was recorded, or would be; `state` is null while the founder has not registered. */
export interface ActAnswer {
  readonly state: RegistryView | null
  readonly events: readonly RegistryEvent[]
}

export interface ToldEvent {
  readonly seq: number
  readonly at: number
  readonly event: RegistryEvent
  readonly hash: string
}

export interface ToldStatus {
  readonly state: RegistryView | null
  readonly heard: readonly { readonly node: string; readonly session: string; readonly reportAgeMs: number | null }[]
}

export type ToldExplanation = Explanation & {
  readonly cluster: ClusterId
  readonly alerts: readonly { readonly code: string; readonly why: string }[]
}

const EVENTS_PER_PAGE = 200

/** Every method throws a `BatonError`: that of the authority, or UNREACHABLE. */
export class AuthorityClient {
  readonly #http: AuthorityHttp
  readonly #base: string

  constructor({ url, network, token }: AuthorityClientOptions) {
    this.#http = new AuthorityHttp(url, { token })
    this.#base = `/v1/networks/${network}/clusters`
  }

  status(cluster: string): Promise<ToldStatus> {
    return this.#ask(cluster)
  }

  explain(cluster: string): Promise<ToldExplanation> {
    return this.#ask(`${cluster}/explain`)
  }

  act(cluster: string, name: OperatorAction['act'], body: ActRequest): Promise<ActAnswer> {
    return this.#ask(`${cluster}/acts/${name}`, { body })
  }

  /** Events after that number, oldest first; with `waitSeconds` the answer waits for the next one when there is none. */
  async events(cluster: string, after: number, waitSeconds = 0): Promise<readonly ToldEvent[]> {
    const query = `after=${after}&limit=${EVENTS_PER_PAGE}&wait=${waitSeconds}`
    const question = { waitMs: waitSeconds * 1_000 }
    return (await this.#ask<{ events: readonly ToldEvent[] }>(`${cluster}/events?${query}`, question)).events
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  /** Shown to a person, or looked at by the command that asked: the form is the authority's word. */
  #ask<Answer>(path: string, question: Question = {}): Promise<Answer> {
    return this.#http.ask(objectSchema as unknown as z.ZodType<Answer>, `${this.#base}/${path}`, question)
  }
}

const objectSchema = z.looseObject({})
