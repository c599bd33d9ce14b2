/** A node of a cluster as the authority sees it: real keys, real certificates, a real WebSocket into workerd. */
import { exports } from 'cloudflare:workers'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Claim, ClaimEvidence, NodeCertificate, Reshape, SessionProof } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Epoch, Jws, LogIndex, NodeId, SiteId, UnixMs } from '@baton/shared/ids'
import {
  CONTROL_PROTOCOL,
  type FromAuthority,
  type RegistryView,
  type ToAuthority,
} from '@baton/shared/protocol/control'
import { eventually } from './eventually.ts'
import { keyOf, NETWORK } from './network.ts'

type Message<T extends FromAuthority['t']> = Extract<FromAuthority, { t: T }>
export type Reply = Message<'reply'>
type Unnumbered<T extends ToAuthority['t']> = T extends unknown
  ? Omit<Extract<ToAuthority, { t: T }>, 'request'>
  : never

export const ORIGIN = 'https://authority.test'

export function clusterUrl(cluster: ClusterId, rest = ''): string {
  return `${ORIGIN}/v1/networks/${NETWORK}/clusters/${cluster}${rest}`
}

export function get(url: string, init?: RequestInit): Promise<Response> {
  return exports.default.fetch(new Request(url, init))
}

export class TestNode {
  readonly cluster: ClusterId
  readonly node: NodeId
  readonly keys: KeyPair
  readonly certificate: Jws
  socket: WebSocket | undefined
  /** Everything received and not yet taken, oldest first. */
  inbox: FromAuthority[] = []
  closed: { code: number } | undefined
  state: RegistryView | null = null
  /** The address it connects and asks from; null: the platform has not said. */
  source: string | null = null
  #request = 0

  private constructor(cluster: ClusterId, node: NodeId, keys: KeyPair, certificate: Jws) {
    this.cluster = cluster
    this.node = node
    this.keys = keys
    this.certificate = certificate
  }

  /** `letter` names the node within its cluster. `overrides` are for certificates that must be refused. */
  static async make(
    cluster: ClusterId,
    letter: string,
    overrides: Partial<NodeCertificate> = {},
    owner?: KeyPair,
  ): Promise<TestNode> {
    const node = `${cluster}-${letter}` as NodeId
    const keys = await keyOf(`node ${node}`)
    const payload: NodeCertificate = {
      network: NETWORK,
      cluster,
      node,
      key: keys.publicKey,
      site: 'x' as SiteId,
      issuedAt: 0 as UnixMs,
      expiresAt: 4_102_444_800_000 as UnixMs,
      ...overrides,
    }
    const signer = owner ?? (await keyOf(`owner ${cluster}`))
    return new TestNode(cluster, node, keys, await signStatement('certificate', payload, signer.privateKey))
  }

  /** Made and connected. */
  static async online(cluster: ClusterId, letter: string): Promise<TestNode> {
    const node = await TestNode.make(cluster, letter)
    await node.connect()
    return node
  }

  /** The socket is open, nothing is said yet. */
  async open(): Promise<void> {
    const headers = { upgrade: 'websocket', ...this.#from }
    const response = await get(clusterUrl(this.cluster, '/session'), { headers })
    const socket = response.webSocket
    if (socket === null) throw new Error(`no socket: ${response.status} ${await response.text()}`)
    this.inbox = []
    this.closed = undefined
    this.socket = socket
    socket.addEventListener('message', (event) => {
      if (this.socket !== socket) return
      const message = JSON.parse(event.data as string) as FromAuthority
      this.inbox.push(message)
      if ('state' in message && message.state !== null) this.state = message.state
    })
    socket.addEventListener('close', (event) => {
      if (this.socket === socket) this.closed = { code: event.code }
    })
    socket.accept()
  }

  /** Opens a session; resolves with the welcome. */
  async connect(overrides: Partial<SessionProof> = {}): Promise<Message<'welcome'>> {
    await this.open()
    await this.hello(overrides)
    return this.take('welcome')
  }

  async hello(overrides: Partial<SessionProof> = {}, signer: KeyPair = this.keys): Promise<Jws> {
    const { challenge } = await this.take('challenge')
    const proof = await this.proof(challenge, overrides, signer)
    this.send({ t: 'hello', certificate: this.certificate, proof })
    return proof
  }

  /** The answer to a challenge. */
  proof(challenge: string, overrides: Partial<SessionProof> = {}, signer: KeyPair = this.keys): Promise<Jws> {
    const proof: SessionProof = {
      network: NETWORK,
      cluster: this.cluster,
      node: this.node,
      challenge,
      peerAddress: `${this.node}:7000`,
      apiAddress: `${this.node}:8000`,
      protocol: CONTROL_PROTOCOL,
      priority: 0,
      noFailover: false,
      ...overrides,
    }
    return signStatement('session', proof, signer.privateKey)
  }

  send(message: ToAuthority): void {
    this.sendRaw(JSON.stringify(message))
  }

  sendRaw(frame: string | ArrayBuffer): void {
    if (this.socket === undefined) throw new Error('not connected')
    this.socket.send(frame)
  }

  disconnect(): void {
    this.socket?.close(1000, 'test')
  }

  /** Waits for the next message of a kind that fits, and takes it out of the inbox. */
  async take<T extends FromAuthority['t']>(t: T, fits: (message: Message<T>) => boolean = () => true) {
    const is = (message: FromAuthority): message is Message<T> => message.t === t && fits(message as Message<T>)
    const found = await eventually(() => {
      const message = this.inbox.find(is)
      if (message === undefined) {
        const seen = this.inbox.map((each) => JSON.stringify(each).slice(0, 120))
        throw new Error(`${this.node} got no ${t}: ${seen.join('\n')} ${JSON.stringify(this.closed)}`)
      }
      return message
    })
    this.inbox.splice(this.inbox.indexOf(found), 1)
    return found
  }

  /** The state once it fits. */
  async seeState(fits: (state: RegistryView) => boolean): Promise<RegistryView> {
    return eventually(() => {
      if (this.state === null || !fits(this.state)) throw new Error(`state is ${JSON.stringify(this.state)}`)
      return this.state
    })
  }

  async report(overrides: Partial<Extract<ToAuthority, { t: 'report' }>> = {}): Promise<Message<'heard'>> {
    const { generation, epoch, master } = this.known
    this.#request += 1
    const report = this.#request
    this.send({
      t: 'report',
      report,
      token: { generation, epoch },
      role: master === this.node ? 'master' : 'follower',
      stalled: false,
      durableIndex: 0 as LogIndex,
      height: 0,
      heardMasterMs: null,
      heardSyncSetMs: null,
      ...overrides,
    })
    return this.take('heard', (heard) => heard.report === report)
  }

  get known(): RegistryView {
    if (this.state === null) throw new Error(`${this.node} knows no state`)
    return this.state
  }

  signedClaim(evidence: ClaimEvidence, overrides: Partial<Claim> = {}): Promise<Jws> {
    const { generation, epoch, version } = this.known
    const claim: Claim = {
      network: NETWORK,
      cluster: this.cluster,
      generation,
      epoch: (epoch + 1) as Epoch,
      version,
      node: this.node,
      nonce: crypto.randomUUID(),
      evidence,
      durableIndex: 0 as LogIndex,
      coming: null,
      ...overrides,
    }
    return signStatement('claim', claim, this.keys.privateKey)
  }

  signedReshape(syncSet: readonly NodeId[], overrides: Partial<Reshape> = {}): Promise<Jws> {
    const { generation, epoch, version } = this.known
    const base = { network: NETWORK, cluster: this.cluster, generation, epoch, version, node: this.node }
    return signStatement('reshape', { ...base, syncSet, ...overrides }, this.keys.privateKey)
  }

  async sendClaim(claim: Jws): Promise<Reply> {
    this.#request += 1
    const request = this.#request
    this.send({ t: 'claim', request, claim })
    return this.take('reply', (reply) => reply.request === request)
  }

  async claim(evidence: ClaimEvidence, overrides: Partial<Claim> = {}): Promise<Reply> {
    return this.sendClaim(await this.signedClaim(evidence, overrides))
  }

  async reshape(syncSet: readonly NodeId[], overrides: Partial<Reshape> = {}): Promise<Reply> {
    const reshape = await this.signedReshape(syncSet, overrides)
    this.#request += 1
    const request = this.#request
    this.send({ t: 'reshape', request, reshape })
    return this.take('reply', (reply) => reply.request === request)
  }

  confirm(): Promise<Reply> {
    return this.ask({ t: 'confirm', token: this.known })
  }

  /** A request about a token that needs no statement; the token may be a whole view. */
  async ask(message: Unnumbered<'confirm' | 'recovered' | 'verified'>): Promise<Reply> {
    this.#request += 1
    const request = this.#request
    const { generation, epoch } = message.token
    this.send({ ...message, token: { generation, epoch }, request })
    return this.take('reply', (reply) => reply.request === request)
  }

  /** RG8: what this node holds, by default what the last state told it. */
  show(held: Partial<Extract<ToAuthority, { t: 'shown' }>> = {}): void {
    const { credential, reshape = null } = this.known
    this.send({ t: 'shown', credential, reshape, ...held })
  }

  async post(kind: 'claims' | 'reshapes', statement: Jws, certificate: Jws = this.certificate): Promise<Response> {
    return get(clusterUrl(this.cluster, `/${kind}`), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.#from },
      body: JSON.stringify({ statement, certificate }),
    })
  }

  get #from(): Record<string, string> {
    return this.source === null ? {} : { 'cf-connecting-ip': this.source }
  }
}

/** A is master with the sync set {A, B}, C follows; all have sessions. */
export async function threeNodes(cluster: ClusterId): Promise<[TestNode, TestNode, TestNode]> {
  const a = await TestNode.online(cluster, 'a')
  const b = await TestNode.online(cluster, 'b')
  const c = await TestNode.online(cluster, 'c')
  await a.seeState((state) => state.members.length === 3)
  const reply = await a.reshape([a.node, b.node])
  if (!reply.ok) throw new Error(reply.why)
  for (const node of [b, c]) await node.seeState((state) => state.syncSet.length === 2)
  return [a, b, c]
}
