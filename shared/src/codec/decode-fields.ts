/** One canonical CBOR array of fixed fields, from bytes to a checked value. */
import { failure, type Result, success } from '../result.ts'
import { decodeCanonical } from './cbor.ts'
import { FieldReader, MalformedField } from './field-reader.ts'

/** `shape` takes exactly the fields of the array. `PEER_MALFORMED` when they do not fit; never throws for any bytes. */
export function decodeFields<T>(bytes: Uint8Array, shape: (fields: FieldReader) => T): Result<T> {
  const decoded = decodeCanonical(bytes)
  if (!decoded.ok) return failure('PEER_MALFORMED', decoded.why)
  try {
    return success(FieldReader.read(decoded.value, shape))
  } catch (error) {
    if (error instanceof MalformedField) return failure('PEER_MALFORMED', error.message)
    throw error
  }
}
