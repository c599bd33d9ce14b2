/**
 * Object identifier of the X.509 extension that carries the node certificate: its value is the compact JWS in ASCII, as
 * the content of the extension's OCTET STRING. The arc 1.3.6.1.3 is IANA's for experiments: nobody but Baton's own
 * links reads these certificates, and no public authority signs them.
 */
export const CERTIFICATE_OID = '1.3.6.1.3.22766.1'

/** The same, DER-encoded, without tag and length: 22766 is 0x81 0xb1 0x6e in base 128. */
export const CERTIFICATE_OID_DER = Uint8Array.from([0x2b, 0x06, 0x01, 0x03, 0x81, 0xb1, 0x6e, 0x01])
