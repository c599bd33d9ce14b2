/** Durable Object: the directory of one network. It signs the master table, tells it to all, and audits the masters. */
import { DurableObject } from 'cloudflare:workers'
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import { verifyCredential } from '@baton/shared/crypto/credential'
import type { Credential } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Jws, UnixMs } from '@baton/shared/ids'
import { failure, type Result, success } from '@baton/shared/result'
import { authorityClock } from '../adapters/authority-clock.ts'
import { Backstop } from '../adapters/backstop.ts'
import { claimForGenesis } from '../adapters/database-owner.ts'
import { EventLog, readEvents } from '../adapters/event-log.ts'
import { migrate } from '../adapters/migrations.ts'
import { durableSql, type Sql } from '../adapters/sql.ts'
import { type Config, type ConfigResult, type Env, readConfig } from '../env.ts'
import { Usage, type UsageCounts } from '../metrics/usage.ts'
import { clusterAuthority } from '../place.ts'
import { Attempts } from './authority/attempts.ts'
import { unreadEvent } from './authority/identity-events.ts'
import type { UnreadRequest } from './authority-api.ts'
import { Audience } from './directory/audience.ts'
import { Broadcast } from './directory/broadcast.ts'
import { MasterList } from './directory/master-list.ts'
import { NoticeBoard } from './directory/notice-board.ts'
import type { Verified } from './directory/reports.ts'
import { DIRECTORY_MIGRATIONS } from './directory/schema.ts'
import type { DirectoryApi, DirectoryTable, SessionOf } from './directory-api.ts'

const PUSH_RETRY_MS = 1_000

export class NetworkDirectory extends DurableObject<Env> implements DirectoryApi {
  readonly #usage = new Usage()
  readonly #sql: Sql
  readonly #backstop: Backstop
  readonly #masters: MasterList
  readonly #notices: NoticeBoard
  /** What strangers have had refused. */
  readonly #attempts: Attempts
  #config: ConfigResult | undefined
  #signed: Pick<DirectoryTable, 'version' | 'table'> | undefined
  #heard: Audience | undefined

  constructor(context: DurableObjectState, env: Env) {
    super(context, env)
    this.#sql = durableSql(context.storage, this.#usage)
    this.#backstop = new Backstop(context.storage, this.#usage)
    this.#masters = new MasterList(this.#sql)
    this.#notices = new NoticeBoard(this.#sql)
    this.#attempts = new Attempts(this.#sql, authorityClock(), new EventLog(this.#sql, () => {}))
    void context.blockConcurrencyWhile(async () => {
      migrate(this.#sql, DIRECTORY_MIGRATIONS, Date.now())
      this.#config = await readConfig(env)
    })
  }

  async learn(credential: Credential, apiAddress: string | null = null): Promise<Result<DirectoryTable>> {
    const config = this.#open()
    if (!config.ok) return config
    const mastership = await verifyCredential(this.#notices.trust(config.value), credential)
    if (!mastership.ok) return mastership
    const taken = this.#masters.take(mastership.value, apiAddress, Date.now() as UnixMs)
    if (taken === 'conflict') return failure('TOKEN_CONFLICT', 'this token is known to belong to another node')
    const table = await this.#table(config.value)
    if (taken === 'newer') {
      this.#audience(config.value).masterChanged()
      this.#push(config.value, table)
    }
    return success(table)
  }

  async table(known = 0): Promise<Result<DirectoryTable>> {
    const config = this.#open()
    if (!config.ok) return config
    this.#masters.countOnFrom(known)
    return success(await this.#table(config.value))
  }

  async notice(statement: Jws, source: string): Promise<Result<{ readonly added: boolean }>> {
    const config = this.#open()
    if (!config.ok) return config
    const taken = await this.#notices.take(config.value, statement, Date.now() as UnixMs)
    if (taken.ok) {
      this.#pushNotices(config.value)
      return taken
    }
    const { code, why } = taken
    return this.#attempts.refused(source, { event: 'notice-refused', who: 'unknown', why, code, evidence: null })
  }

  async unread(request: UnreadRequest, source: string): Promise<Result<null>> {
    const config = this.#open()
    if (!config.ok) return config
    this.#attempts.refused(source, unreadEvent(request))
    return success(null)
  }

  async notices(): Promise<Result<readonly Jws[]>> {
    const config = this.#open()
    return config.ok ? success(this.#notices.all()) : config
  }

  async results(report: Jws, from: SessionOf): Promise<Result<null>> {
    return this.#hear('results', from, (audience) => audience.reports.results(report))
  }

  async findings(findings: Jws, from: SessionOf): Promise<Result<null>> {
    return this.#hear('findings', from, (audience) => audience.reports.findings(findings))
  }

  async #hear(
    kind: string,
    from: SessionOf,
    verify: (audience: Audience) => Promise<Result<readonly Verified[]>>,
  ): Promise<Result<null>> {
    const config = this.#open()
    if (!config.ok) return config
    const audience = this.#audience(config.value)
    return audience.hear(kind, from, await verify(audience))
  }

  async usage(): Promise<Result<UsageCounts>> {
    const config = this.#open()
    return config.ok ? success(this.#usage.counts) : config
  }

  async events(after: number, limit: number): Promise<Result<readonly ChainedEvent[]>> {
    const config = this.#open()
    return config.ok ? success(readEvents(this.#sql, after, limit)) : config
  }

  override async alarm(): Promise<void> {
    this.#backstop.rang()
    const config = this.#open()
    if (!config.ok) return
    this.#audience(config.value).tick()
    this.#push(config.value, await this.#table(config.value))
    this.#pushNotices(config.value)
  }

  #audience(config: Config): Audience {
    const { genesis, webhook } = config
    this.#heard ??= new Audience({
      sql: this.#sql,
      genesis,
      trust: this.#notices.trust(config),
      masters: this.#masters,
      clock: authorityClock(),
      backstop: this.#backstop,
      webhook,
      authorityOf: (cluster) => clusterAuthority(this.env, genesis.network, cluster),
      meanwhile: (work) => this.ctx.waitUntil(work),
    })
    return this.#heard
  }

  /** Once in every request. */
  #open(): Result<Config> {
    this.#usage.requests += 1
    if (this.#config?.ok !== true) return failure('CONFIG_INVALID', this.#config?.error.message ?? 'not read yet')
    const owned = claimForGenesis(this.#sql, this.#config.config.genesisHash)
    return owned.ok ? success(this.#config.config) : owned
  }

  /** Signed once per version. */
  async #table(config: Config): Promise<DirectoryTable> {
    const { version } = this.#masters
    const listed = this.#masters.listed()
    const masters = listed.map(({ mastership: { cluster, generation, epoch, node, recovering }, apiAddress }) => {
      return { cluster, generation, epoch, node, recovering, apiAddress }
    })
    const notices = this.#notices.count
    if (this.#signed?.version === version) return { ...this.#signed, masters, notices }
    const credentials = listed.map(({ mastership }) => mastership.credential)
    const payload = { network: config.genesis.network, version, masters: credentials }
    const table = await signStatement('masterTable', payload, config.authority.privateKey)
    if (this.#signed === undefined || this.#signed.version < version) this.#signed = { version, table }
    return { version, table, masters, notices }
  }

  #pushNotices({ genesis }: Config): void {
    const clusters = genesis.clusters.map(({ cluster }) => cluster)
    if (this.#notices.missing(clusters).length === 0) return
    this.#backstop.wakeAt(Date.now() + PUSH_RETRY_MS)
    const authorityOf = (cluster: ClusterId) => clusterAuthority(this.env, genesis.network, cluster)
    this.ctx.waitUntil(this.#notices.push(clusters, authorityOf))
  }

  /** Does not wait: whoever told the directory of a grant has its own clients to answer. */
  #push(config: Config, { version, table }: DirectoryTable): void {
    const { network, clusters } = config.genesis
    const broadcast = new Broadcast(
      this.#sql,
      clusters.map(({ cluster }) => cluster),
      (cluster) => clusterAuthority(this.env, network, cluster),
    )
    if (broadcast.missing(version).length === 0) return
    this.#backstop.wakeAt(Date.now() + PUSH_RETRY_MS)
    this.ctx.waitUntil(broadcast.push(version, table))
  }
}
