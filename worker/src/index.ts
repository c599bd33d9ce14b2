/** The authentication node: a Worker in front of two kinds of Durable Objects. */
import { createApp } from './app.ts'

export { ClusterAuthority } from './objects/cluster-authority.ts'
export { NetworkDirectory } from './objects/network-directory.ts'
export default createApp()
