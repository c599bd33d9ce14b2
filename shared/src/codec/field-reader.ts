/** Reads the fields of a decoded CBOR array one after the other, checking each: the hot path of every link, so no zod here. */
import { toBase64Url } from '../crypto/bytes.ts'
import type { Credential } from '../crypto/statement-types.ts'
import type {
  ClusterId,
  Epoch,
  Generation,
  Hash,
  Height,
  Jws,
  LogIndex,
  NodeId,
  PublicKey,
  Round,
  Token,
} from '../ids.ts'
import { isName } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { HASH_BYTES, hashFromBytes } from './hash-bytes.ts'
import { KEY_BYTES } from './public-key.ts'

/** Thrown by `FieldReader` inside the codecs and caught there: it never leaves them. */
export class MalformedField extends Error {
  override readonly name = 'MalformedField'
}

const JWS_PATTERN = /^[\w-]+\.[\w-]+\.[\w-]+$/
const ADDRESS_PATTERN = /^[\x21-\x7e]*$/
export const SIGNATURE_BYTES = 64

export class FieldReader {
  readonly #fields: readonly unknown[]
  #at = 0

  private constructor(fields: readonly unknown[]) {
    this.#fields = fields
  }

  /** Reads a whole array: `shape` must take exactly its fields. Throws `MalformedField`. */
  static read<T>(value: unknown, shape: (fields: FieldReader) => T): T {
    if (!Array.isArray(value)) throw new MalformedField('not an array')
    const fields = new FieldReader(value)
    const result = shape(fields)
    if (fields.#at !== value.length) throw new MalformedField(`${value.length} fields, ${fields.#at} expected`)
    return result
  }

  #fail(wanted: string): never {
    throw new MalformedField(`field ${this.#at - 1} is not ${wanted}`)
  }

  #next(): unknown {
    return this.#fields[this.#at++]
  }

  integer(min: number, max: number): number {
    const value = this.#next()
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      return this.#fail(`an integer from ${min} to ${max}`)
    }
    return value
  }

  count(): number {
    return this.integer(0, Number.MAX_SAFE_INTEGER)
  }

  boolean(): boolean {
    const value = this.#next()
    return typeof value === 'boolean' ? value : this.#fail('a boolean')
  }

  text(characters: number): string {
    const value = this.#next()
    return typeof value === 'string' && value.length <= characters ? value : this.#fail(`text up to ${characters}`)
  }

  /** `host:port` or a URL, as in statements: it is put into headers and logs. Empty: not told. */
  address(): string {
    const value = this.text(LIMITS.addressCharacters)
    return ADDRESS_PATTERN.test(value) ? value : this.#fail('an address')
  }

  bytes(length: number): Uint8Array {
    const value = this.#next()
    return value instanceof Uint8Array && value.length <= length ? value : this.#fail(`up to ${length} bytes`)
  }

  publicKey(): PublicKey {
    const bytes = this.bytes(KEY_BYTES)
    return bytes.length === KEY_BYTES ? (toBase64Url(bytes) as PublicKey) : this.#fail(`a key of ${KEY_BYTES} bytes`)
  }

  oneOf<Choice extends string>(...choices: readonly Choice[]): Choice {
    const value = this.#next()
    return choices.find((choice) => choice === value) ?? this.#fail(choices.join(' or '))
  }

  /** A choice written as its position in the list. */
  indexOf<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.integer(0, choices.length - 1)] as Choice
  }

  nullable<T>(read: () => T): T | null {
    if (this.#fields[this.#at] !== null) return read()
    this.#at++
    return null
  }

  /** A nested array with fields of its own. */
  array<T>(shape: (fields: FieldReader) => T): T {
    return FieldReader.read(this.#next(), shape)
  }

  /** A nested array of up to `limit` equal items. */
  list<T>(limit: number, item: (fields: FieldReader) => T): readonly T[] {
    const value = this.#next()
    if (!Array.isArray(value) || value.length > limit) return this.#fail(`a list of up to ${limit}`)
    return FieldReader.read(value, (fields) => value.map(() => item(fields)))
  }

  name<Id extends string>(): Id {
    const value = this.text(63)
    return isName(value) ? (value as Id) : this.#fail('a name')
  }

  cluster(): ClusterId {
    return this.name<ClusterId>()
  }

  node(): NodeId {
    return this.name<NodeId>()
  }

  hash(): Hash {
    const value = this.#next()
    const fits = value instanceof Uint8Array && value.length === HASH_BYTES
    return fits ? hashFromBytes(value) : this.#fail('a hash of 32 bytes')
  }

  signature(): Uint8Array {
    const value = this.#next()
    const fits = value instanceof Uint8Array && value.length === SIGNATURE_BYTES
    return fits ? value : this.#fail('a signature of 64 bytes')
  }

  jws(): Jws {
    const value = this.text(LIMITS.statementCharacters)
    return JWS_PATTERN.test(value) ? (value as Jws) : this.#fail('a compact JWS')
  }

  credential(): Credential {
    return { grant: this.jws(), certificate: this.jws() }
  }

  token(): Token {
    return { generation: this.count() as Generation, epoch: this.count() as Epoch }
  }

  height(): Height {
    return this.count() as Height
  }

  round(): Round {
    return this.count() as Round
  }

  /** A round, or -1 for none. */
  validRound(): number {
    return this.integer(-1, Number.MAX_SAFE_INTEGER)
  }

  logIndex(): LogIndex {
    return this.count() as LogIndex
  }
}
