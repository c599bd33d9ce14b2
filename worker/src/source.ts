/** The address that a request came from: set by the platform, so that no client can choose it. */
export function sourceOf(request: Request): string {
  return request.headers.get('cf-connecting-ip') ?? 'unknown'
}
