import { describe } from 'vitest'
import { registerChainCases } from '../../support/chain-cases.ts'

describe('[ID2, ID3, ID4, ID8] certificate chains in Node', registerChainCases)
