/** Values of the state are our own encodings: one that does not decode is damage of this node's store. */
import { decodeCanonical } from '../../codec/cbor.ts'
import { FieldReader, MalformedField } from '../../codec/field-reader.ts'
import { BatonError } from '../../errors.ts'

/** Decodes a stored CBOR array; null for nothing stored. Throws `STORAGE_DAMAGED`. */
export function storedField<T>(bytes: Uint8Array | null, shape: (fields: FieldReader) => T): T | null {
  if (bytes === null) return null
  const decoded = decodeCanonical(bytes)
  if (!decoded.ok) throw damaged(decoded.why)
  try {
    return FieldReader.read(decoded.value, shape)
  } catch (error) {
    if (error instanceof MalformedField) throw damaged(error.message)
    throw error
  }
}

export function damaged(why: string): BatonError {
  return new BatonError('STORAGE_DAMAGED', `stored chain data is damaged: ${why}`, {
    remedy: 'stop the node, delete its data folder and let it catch up from its peers',
  })
}
