import { spawnSync } from 'node:child_process'

/** The commit that is checked out; `unknown` outside a repository. */
export function commitHash(): string {
  const { stdout, status } = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', cwd: import.meta.dirname })
  return status === 0 ? stdout.trim() : '0000000'
}
