/**
 * Reading one extension out of an X.509 certificate: `node:crypto` parses the certificate but shows no private
 * extensions, and `@peculiar/x509` costs every process 110 ms and 22 MB to load (measured, Node 24). So the certificate
 * is walked here by its DER structure (RFC 5280, section 4.1).
 */

const SEQUENCE = 0x30
const OBJECT_IDENTIFIER = 0x06
const OCTET_STRING = 0x04
/** `[3]` of TBSCertificate: the extensions. */
const EXTENSIONS = 0xa3

interface Element {
  readonly tag: number
  readonly content: Uint8Array
}

/**
 * The value of the extension with this object identifier (its encoded content, without tag and length); null when
 * there is none or the bytes are no certificate. Never throws.
 */
export function extensionValue(certificate: Uint8Array, oid: Uint8Array): Uint8Array | null {
  const outer = elementsOf(certificate)?.find(({ tag }) => tag === SEQUENCE)
  const body = outer && elementsOf(outer.content)?.[0]
  const wrapped = body && elementsOf(body.content)?.find(({ tag }) => tag === EXTENSIONS)
  const list = wrapped && elementsOf(wrapped.content)?.[0]
  for (const extension of (list && elementsOf(list.content)) ?? []) {
    const fields = elementsOf(extension.content)
    const [id] = fields ?? []
    const value = fields?.at(-1)
    if (id?.tag === OBJECT_IDENTIFIER && value?.tag === OCTET_STRING && sameContent(id.content, oid))
      return value.content
  }
  return null
}

/** The elements that fill `bytes` exactly; null when they do not. */
function elementsOf(bytes: Uint8Array): readonly Element[] | null {
  const elements: Element[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at++]!
    const first = bytes[at++]
    if (first === undefined) return null
    let length = first
    if (first >= 0x80) {
      // Long form; indefinite lengths and more than 3 bytes do not occur in a certificate.
      const count = first & 0x7f
      if (count === 0 || count > 3 || at + count > bytes.length) return null
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + bytes[at++]!
    }
    if (at + length > bytes.length) return null
    elements.push({ tag, content: bytes.subarray(at, at + length) })
    at += length
  }
  return elements
}

function sameContent(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
