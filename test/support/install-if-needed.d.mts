/** Why `root/node_modules` is not an installation of `root/package-lock.json`, or null when it is. */
export function whyInstall(root: string): string | null
