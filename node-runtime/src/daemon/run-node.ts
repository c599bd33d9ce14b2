/** Starts one node: opens what is on its disk, its links and its API, and runs its machine until it is stopped. */
import { randomBytes } from 'node:crypto'
import { knownCredentials } from '@baton/shared/core/node/mastership'
import { openNode } from '@baton/shared/core/node/open'
import { shownBy } from '@baton/shared/core/node/recorded-reshape'
import { reportEveryMs } from '@baton/shared/core/node/reporting'
import { isLeading } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { ErrorCode } from '@baton/shared/errors'
import type { NodeId } from '@baton/shared/ids'
import type { Log } from '@baton/shared/ports/log'
import { PEER_PROTOCOL } from '@baton/shared/protocol/peer'
import { AlertWebhook } from '../adapters/alert-webhook.ts'
import { systemClock } from '../adapters/clock.ts'
import { controlLink } from '../adapters/control-link.ts'
import { createMetrics } from '../adapters/metrics.ts'
import { peerLinks, type TlsLinks } from '../adapters/peer-links.ts'
import { nodeSigner } from '../adapters/signer.ts'
import { openSqliteStore } from '../adapters/sqlite-store.ts'
import { stallDetector } from '../adapters/stall-detector.ts'
import { ed25519Verifier } from '../adapters/verifier.ts'
import { startApi } from '../api/server.ts'
import { loadApplication } from '../application/load.ts'
import { VERSION } from '../cli/version.ts'
import type { NodeConfig } from '../config/types.ts'
import { Mempool } from '../engines/embedded/mempool.ts'
import { loadIdentity } from '../identity/load-identity.ts'
import { Alerts } from './alerts.ts'
import { openMember } from './arbiter/open-member.ts'
import { AuthorityBridge } from './authority-bridge.ts'
import { BlockVerifier } from './block-verifier.ts'
import { ClaimRelay } from './claim-relay.ts'
import { coreConfig } from './core-config.ts'
import { Credentials } from './credentials.ts'
import { Driver } from './driver.ts'
import { logEvent } from './event-log.ts'
import { failStop } from './fail-stop.ts'
import { findingsReporter } from './findings-reporter.ts'
import { Gossip } from './gossip.ts'
import { Greetings } from './greetings.ts'
import { handOver } from './hand-over.ts'
import { reasonsOf } from './health.ts'
import { foreignMasters } from './known-masters.ts'
import { linkHandler } from './link-handler.ts'
import { logNotice } from './log-notice.ts'
import { masterPoll } from './master-poll.ts'
import { Membership } from './membership.ts'
import { countEvent, refreshGauges } from './node-metrics.ts'
import { NodeNotices } from './node-notices.ts'
import { nodeService } from './node-service.ts'
import { openChain } from './open-chain.ts'
import { Outbox } from './outbox.ts'
import { PeerInbox } from './peer-inbox.ts'
import { PeerWire } from './peer-wire.ts'
import { RefusalLog } from './refusal-log.ts'
import { tellRejected } from './rejected-inputs.ts'
import { resultReporter } from './result-reporter.ts'
import { sessionIdentity } from './session-identity.ts'
import { Submissions } from './submissions.ts'
import { underThisKey } from './under-this-key.ts'
import { VoteJournal } from './vote-journal.ts'

export interface RunningNode {
  /** Resolves when the node has ended by itself: a failed disk, a broken invariant. `process.exitCode` is set then. */
  readonly ended: Promise<void>
  /** Hands the mastership over first, then stops everything. */
  stop(): Promise<void>
}

/** @throws BatonError PORT_TAKEN, IDENTITY_INVALID, DATA_FOLDER_IN_USE, STORAGE_DAMAGED, CONFIG_INVALID … */
export async function runNode(config: NodeConfig, log: Log): Promise<RunningNode> {
  const { genesis, dataFolder } = config
  const clock = systemClock
  const notices = new NodeNotices({ genesis, dataFolder, onTaken: (notice) => logNotice(log, notice) })
  const identity = await loadIdentity({ ...config, genesis: notices.trust }, clock.wallNow())
  const application = await loadApplication(config)
  const metrics = createMetrics(VERSION)
  const store = openSqliteStore({
    folder: config.dataFolder,
    injectFsyncMs: config.injectFsyncMs,
    onCommit: (ms) => metrics.observe('baton_commit_seconds', ms / 1_000),
  })
  const { origin, genesisState, chain } = openChain(config, application, store)
  const core = coreConfig(config)

  const signer = nodeSigner(identity.keys)
  const verifier = ed25519Verifier()
  const credentials = new Credentials(notices.trust)
  const refusals = new RefusalLog({ log, now: clock.now })
  const membership = await Membership.open({
    config,
    identity,
    notices,
    state: () => state(),
    links: () => links,
    wire: () => wire,
    wallNow: clock.wallNow,
    verify: (certificate) => credentials.certificate(certificate),
    enqueue: (input) => enqueue(input),
    authority: () => bridge,
    log,
    refusals,
  })
  const mempool = new Mempool()
  const journal = config.voteJournal ? new VoteJournal(config.dataFolder) : null
  const greetings = new Greetings({ genesis: origin.genesis, refusals })
  const { promise: ended, resolve: finish } = Promise.withResolvers<void>()

  const state = () => driver.state
  const enqueue: Driver['enqueue'] = (input) => driver.enqueue(input)
  const blocks = new BlockVerifier({
    network: genesis.network,
    hash: sha256,
    verifier,
    credentials,
    isLogged: (block) => (state().bodies.get(block)?.logged ?? null) !== null,
    verifiedTransaction: (id) => mempool.get(id),
  })
  const wire = new PeerWire(() => links, metrics)
  const relay = new ClaimRelay({
    certificate: () => membership.certificate,
    peers: () => links.open().filter((peer) => peer.cluster === config.cluster),
    send: (to, message) => wire.send(to, message),
    isRevoked: (node) => membership.isRevoked(node),
    bring: (claim, certificate) => control.relay(claim, certificate),
  })
  const member = openMember({
    config,
    identity,
    notices,
    membership,
    credentials,
    clock,
    metrics,
    log,
    enqueue,
    send: (to, message) => wire.send(to, message),
    toEdge: (notice) => control.send(notice),
    refused: (...refused) => refusedPeer(...refused),
    fail: (error) => fail(error),
  })
  const bridge = new AuthorityBridge({
    genesis: notices.trust,
    privateKey: identity.keys.privateKey,
    credentials,
    enqueue,
    shown: () => shownBy(state()),
    linked: (protocol) => findings.linked(protocol),
    relay: (claim) => relay.ask(claim),
    log,
    notices: () => membership.notices(),
    onNotices: (notices) => membership.takeNotices(notices, null),
    onMembers: (members) => membership.onMembers(members),
    members: member,
  })
  const control = controlLink({
    authorityUrl: config.authorityUrl,
    identity: sessionIdentity(config, identity, () => membership.certificate),
    clock,
    handler: bridge,
  })
  bridge.attach(control)

  function refusedPeer(from: NodeId, code: ErrorCode, why: string): void {
    metrics.add('baton_rejected_inputs_total', 1, { code })
    refusals.refused({ event: 'peer-message-refused', kind: code, source: from, code, why })
  }
  const inbox = new PeerInbox({
    state,
    enqueue,
    hash: sha256,
    verifier: blocks,
    credentials,
    genesis: notices.trust,
    onTransactions: (_, transactions) => void submissions.receive(transactions),
    onRelay: (from, message) => relay.onPeer(from, message),
    onSubmit: (from, message) => submissions.onPeer(from, message),
    onHello: (from, message) => greetings.onHello(from, message),
    onRoster: (from, message) => membership.onRoster(from, message),
    onArbiter: (from, message) => member?.onPeer(from, message),
    onVote: (from, vote) => journal?.record(from, vote),
    refused: refusedPeer,
  })

  const handler = linkHandler({
    enqueue,
    metrics,
    refusals,
    hello: () => ({
      t: 'hello',
      genesis: origin.genesis,
      protocol: PEER_PROTOCOL,
      credentials: knownCredentials(state().masterships),
      apiAddress: config.advertise.api,
      program: VERSION,
    }),
    wire,
    membership,
    inbox,
    protocolOf: (node) => links.protocolOf(node),
    linkClosed: (node) => submissions.linkClosed(node),
    member,
  })
  const links: TlsLinks = peerLinks({
    self: config.node,
    genesis: notices.trust,
    tls: identity.tls,
    clock,
    listen: config.listen.peer,
    peers: membership.book.peers(),
    handler,
    objection: (certificate) => membership.objection(certificate),
  })
  const gossip = new Gossip(
    () => foreignMasters(state()),
    (to, message) => outbox.broadcast(to, message),
  )
  const submissions = new Submissions({
    state,
    reader: store,
    application,
    hash: sha256,
    verifier,
    mempool,
    send: (to, message) => wire.send(to, message),
    spread: (signed) => gossip.spread(signed),
    hasWork: () => enqueue({ i: 'work' }),
  })
  const everyMs = reportEveryMs(core.election.recoverAfterMs)
  const results = resultReporter({ state, now: clock.now, everyMs, control, privateKey: identity.keys.privateKey })
  const findings = findingsReporter({ state, everyMs, control, privateKey: identity.keys.privateKey })
  const outbox = new Outbox({
    state,
    network: genesis.network,
    privateKey: identity.keys.privateKey,
    links,
    wire,
    arbiter: member ?? bridge,
    signer,
    blocks,
    credentials,
    mempool,
    submissions,
    inbox,
    clock,
    metrics,
    results,
  })

  const driver = new Driver(openNode(core, underThisKey(store.load(), identity), chain, sha256, clock.now()), {
    now: clock.now,
    hash: sha256,
    store,
    application,
    perform: (send, to) => outbox.perform(send, to),
    checkStall: () => void stalls.check(),
    flush: () => links.flush(),
    observe: (event) => {
      countEvent(metrics, event)
      logEvent(log, event)
      alerts.observe(event)
      findings.observe(event)
    },
    rejected: (rejection, input) => tellRejected({ metrics, refusals, log }, rejection, input),
    fail,
  })
  function fail(error: unknown): void {
    process.exitCode = failStop(log, error)
    // Nothing may leave any more: the links close at once, so that the standby takes over.
    void stopAll().then(finish)
  }

  const webhook = config.alerts === null ? null : new AlertWebhook({ ...config.alerts, log })
  const alerts = new Alerts({
    network: genesis.network,
    cluster: config.cluster,
    node: config.node,
    reasons: () =>
      reasonsOf({
        state: state(),
        authorityConnected: control.connected,
        majority: member,
        now: clock.now(),
        suspectAfterMs: config.timing.suspectAfterMs,
        certificateAlert: membership.alert(),
        revokedMaster: membership.revokedMaster(),
      }),
    now: clock.now,
    wallNow: clock.wallNow,
    metrics,
    log,
    post: (message) => webhook?.post(message),
  })

  const service = nodeService({
    config,
    state,
    store,
    application,
    hash: sha256,
    genesisResult: genesisState.tip.result,
    links,
    mempool,
    submissions,
    now: clock.now,
    authorityConnected: () => control.connected,
    member,
    metrics: () => {
      refreshGauges(metrics, state(), { links, mempool, control, membership, member })
      return metrics.render()
    },
    submitted: (outcome, ms) => {
      metrics.add('baton_submissions_total', 1, { outcome })
      if (outcome === 'acknowledged') metrics.observe('baton_submission_seconds', ms / 1_000)
    },
    reasons: () => alerts.reasons(),
    version: VERSION,
    peers: () => membership.book.peers(),
    notices,
    greetings,
  })

  const stalls = stallDetector({
    clock,
    thresholdMs: config.timing.suspectAfterMs,
    onStall: (ms) => {
      metrics.observe('baton_stall_seconds', ms / 1_000)
      driver.enqueueFirst({ i: 'stalled', ms })
    },
  })

  const poll = masterPoll(control)
  let api: Awaited<ReturnType<typeof startApi>> | null = null
  let stopping: Promise<void> | null = null
  function stopAll(): Promise<void> {
    stopping ??= (async () => {
      driver.stop()
      member?.stop()
      stalls.stop()
      gossip.stop()
      poll.stop()
      results.stop()
      findings.stop()
      alerts.stop()
      refusals.stop()
      membership.stop()
      submissions.stop()
      await Promise.all([links.stop(), control.stop(), api?.stop(), webhook?.stop()])
      journal?.close()
      store.close()
    })()
    return stopping
  }

  try {
    api = await startApi(service, {
      listen: config.listen.api,
      report: (error) => log.error({ event: 'api-error', error: String(error) }, 'an API request failed'),
      refused: (refused) => refusals.refused(refused),
    })
    // Last: a second copy of a running node fails above, before it has dialled anybody in the other's name.
    await links.start()
  } catch (error) {
    await stopAll()
    throw error
  }
  enqueue({ i: 'start', nonceSeed: randomBytes(16).toString('base64url') })
  control.start()
  membership.start()
  stalls.start()
  alerts.start()
  refusals.start()
  log.info(
    {
      event: 'started',
      api: `${config.listen.api.host}:${api.address.port}`,
      peer: `${config.listen.peer.host}:${links.port()}`,
      height: chain.tip.height,
    },
    `node ${config.node} of ${config.cluster} runs at height ${chain.tip.height}`,
  )

  return {
    ended,
    async stop() {
      if (stopping === null && isLeading(state())) await handOver({ state, enqueue, now: clock.now })
      await stopAll()
      finish()
    },
  }
}
