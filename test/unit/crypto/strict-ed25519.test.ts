import { describe } from 'vitest'
import { registerStrictnessCases } from '../../support/ed25519-cases.ts'

describe('strict Ed25519 in Node', registerStrictnessCases)
