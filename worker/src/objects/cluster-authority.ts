/** Durable Object: the authority of one cluster. Only the platform's callbacks are here; the work is in `authority/`. */
import { DurableObject } from 'cloudflare:workers'
import type { ForeignSilenceOf } from '@baton/shared/core/audit/types'
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId, Jws } from '@baton/shared/ids'
import type { OrderView } from '@baton/shared/protocol/control'
import { failure, type Result, success } from '@baton/shared/result'
import { authorityClock } from '../adapters/authority-clock.ts'
import { Backstop } from '../adapters/backstop.ts'
import { claimForGenesis, clusterOfDatabase, keepCluster } from '../adapters/database-owner.ts'
import { migrate } from '../adapters/migrations.ts'
import { durableSql, type Sql } from '../adapters/sql.ts'
import { type ConfigResult, type Env, readConfig } from '../env.ts'
import { errorAnswer } from '../error-answer.ts'
import { Usage, type UsageCounts } from '../metrics/usage.ts'
import { networkDirectory } from '../place.ts'
import { sourceOf } from '../source.ts'
import { Authority } from './authority/authority.ts'
import { AUTHORITY_MIGRATIONS } from './authority/schema.ts'
import { Sockets } from './authority/sockets.ts'
import type {
  AuthorityApi,
  ClusterExplanation,
  ClusterStatus,
  EventsQuery,
  JoinAnswer,
  KnownNode,
  OperatorAnswer,
  OperatorCall,
  OperatorRequest,
  OrderAnswer,
  OwnerKeys,
  RenewalAnswer,
  RequestAnswer,
  StatementKindOverHttp,
  UnreadRequest,
} from './authority-api.ts'

export class ClusterAuthority extends DurableObject<Env> implements AuthorityApi {
  readonly #usage = new Usage()
  readonly #sql: Sql
  readonly #backstop: Backstop
  readonly #sockets: Sockets
  #config: ConfigResult | undefined
  #authority: Authority | undefined

  constructor(context: DurableObjectState, env: Env) {
    super(context, env)
    this.#sql = durableSql(context.storage, this.#usage)
    this.#backstop = new Backstop(context.storage, this.#usage)
    this.#sockets = new Sockets(context)
    void context.blockConcurrencyWhile(async () => {
      migrate(this.#sql, AUTHORITY_MIGRATIONS, Date.now())
      this.#config = await readConfig(env)
      const cluster = clusterOfDatabase(this.#sql)
      if (cluster !== null) this.#open(cluster)
    })
  }

  /** A node's WebSocket: the Worker has checked network and cluster, and names the latter in the last part of the path. */
  override async fetch(request: Request): Promise<Response> {
    const authority = this.#asked(new URL(request.url).pathname.split('/').at(-1) as ClusterId)
    if (!authority.ok) return errorAnswer(authority.code, authority.why)
    if (this.#sockets.full) return errorAnswer('UNREACHABLE', 'the authority has too many connections: try again later')
    const { 0: client, 1: server } = new WebSocketPair()
    authority.value.accept(server, sourceOf(request))
    return new Response(null, { status: 101, webSocket: client })
  }

  override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    this.#usage.messages += 1
    await this.#authority?.receive(socket, frame)
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    this.#authority?.closed(socket, code, reason)
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#authority?.closed(socket, 1011, 'the connection failed')
  }

  override async alarm(): Promise<void> {
    this.#usage.requests += 1
    this.#backstop.rang()
    this.#authority?.deadlines()
  }

  async status(cluster: ClusterId): Promise<Result<ClusterStatus>> {
    const authority = this.#asked(cluster)
    return authority.ok ? success(await authority.value.insight.status()) : authority
  }

  async events(cluster: ClusterId, query: EventsQuery, caller: OperatorCall): Promise<Result<readonly ChainedEvent[]>> {
    const authority = this.#asked(cluster)
    return authority.ok ? authority.value.events(query, caller) : authority
  }

  async admit(cluster: ClusterId, call: OperatorCall): Promise<Result<null>> {
    const authority = this.#asked(cluster)
    return authority.ok ? authority.value.admit(call) : authority
  }

  async operate(cluster: ClusterId, request: OperatorRequest): Promise<OperatorAnswer> {
    const authority = this.#asked(cluster)
    if (!authority.ok) return { ...authority, retryAfterMs: null, state: null, events: [] }
    return authority.value.operate(request)
  }

  async explain(cluster: ClusterId): Promise<Result<ClusterExplanation>> {
    const authority = this.#asked(cluster)
    return authority.ok ? success(authority.value.insight.explain()) : authority
  }

  async request(
    cluster: ClusterId,
    kind: StatementKindOverHttp,
    statement: string,
    certificate: string,
    source: string,
  ): Promise<RequestAnswer> {
    const authority = this.#asked(cluster)
    if (!authority.ok) return { ...authority, retryAfterMs: null, state: null }
    return authority.value.request(kind, statement, certificate, source)
  }

  async unread(cluster: ClusterId, request: UnreadRequest, source: string): Promise<Result<null>> {
    const authority = this.#asked(cluster)
    if (!authority.ok) return authority
    authority.value.unread(request, source)
    return success(null)
  }

  async owners(cluster: ClusterId): Promise<Result<OwnerKeys>> {
    const authority = this.#asked(cluster)
    return authority.ok ? success(authority.value.owners()) : authority
  }

  async usage(cluster: ClusterId): Promise<Result<UsageCounts>> {
    const authority = this.#asked(cluster)
    return authority.ok ? success(this.#usage.counts) : authority
  }

  async nodes(cluster: ClusterId): Promise<Result<readonly KnownNode[]>> {
    const authority = this.#asked(cluster)
    return authority.ok ? success(authority.value.insight.nodes()) : authority
  }

  async join(cluster: ClusterId, request: Jws, source: string): Promise<Result<JoinAnswer>> {
    const authority = this.#asked(cluster)
    return authority.ok ? authority.value.door.join(request, source) : authority
  }

  async renew(cluster: ClusterId, request: Jws, source: string): Promise<Result<RenewalAnswer>> {
    const authority = this.#asked(cluster)
    return authority.ok ? authority.value.door.renew(request, source) : authority
  }

  async notices(cluster: ClusterId, statements: readonly Jws[]): Promise<Result<null>> {
    const authority = this.#asked(cluster)
    if (!authority.ok) return authority
    await authority.value.notices(statements)
    return success(null)
  }

  async foreignSilence(cluster: ClusterId, silence: ForeignSilenceOf): Promise<Result<null>> {
    const authority = this.#asked(cluster)
    if (!authority.ok) return authority
    authority.value.foreignSilence(silence)
    return success(null)
  }

  async order(cluster: ClusterId, order: OrderView, bars: boolean): Promise<Result<OrderAnswer>> {
    const authority = this.#asked(cluster)
    return authority.ok ? success(await authority.value.order(order, bars)) : authority
  }

  async masters(version: number, table: Jws): Promise<Result<null>> {
    this.#usage.requests += 1
    this.#authority?.masters(version, table)
    return success(null)
  }

  /** A request of the platform's count has come for this cluster. */
  #asked(cluster: ClusterId): Result<Authority> {
    this.#usage.requests += 1
    return this.#open(cluster)
  }

  /** The authority of this cluster; the first call names it for ever. */
  #open(cluster: ClusterId): Result<Authority> {
    if (this.#authority !== undefined) return success(this.#authority)
    if (this.#config?.ok !== true) return failure('CONFIG_INVALID', this.#config?.error.message ?? 'not read yet')
    const { config } = this.#config
    const owned = claimForGenesis(this.#sql, config.genesisHash)
    if (!owned.ok) return owned
    const found = clusterOf(config.genesis, cluster)
    if (found === null) return failure('UNKNOWN_CLUSTER', `genesis has no cluster ${cluster}`)
    keepCluster(this.#sql, cluster)
    this.#authority = new Authority({
      config,
      cluster: found,
      sql: this.#sql,
      clock: authorityClock(),
      sockets: this.#sockets,
      backstop: this.#backstop,
      directory: networkDirectory(this.env, config.genesis.network),
    })
    return success(this.#authority)
  }
}
