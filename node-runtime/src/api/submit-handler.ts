/**
 * The hot path, straight on node:http: `POST /v1/transactions` and `/v1/transactions/batch`. Through Hono, which builds a
 * web `Request` and `Response` each time, one costs about 85 µs of this host's CPU instead of 45 µs.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, type ApiReports, answerError, answerJson, masterHeaders, toBatonError } from './answer.ts'
import type { NodeService } from './node-service.ts'
import { readBody } from './read-body.ts'
import { BATCH_BODY_BYTES, batchTransactions, SINGLE_BODY_BYTES, singleTransaction } from './submit-body.ts'

const SINGLE = '/v1/transactions'
const BATCH = '/v1/transactions/batch'

/** Returns false, having done nothing, when the request is for another route. */
export function handleSubmit(
  service: NodeService,
  request: IncomingMessage,
  response: ServerResponse,
  reports: ApiReports,
): boolean {
  if (request.method !== 'POST' || (request.url !== SINGLE && request.url !== BATCH)) return false
  const submit = request.url === SINGLE ? submitOne : submitBatch
  const { report } = reports
  submit(service, request, reports)
    .catch((error: unknown) => answerError(error, `POST ${request.url}`, report))
    .then((answer) => send(response, answer, masterHeaders(service.master())))
    .catch((error: unknown) => report(error, `POST ${request.url}`))
  return true
}

async function submitOne(service: NodeService, request: IncomingMessage, { refused }: ApiReports): Promise<Answer> {
  const body = await readBody(request, SINGLE_BODY_BYTES, refused)
  return answerJson(200, await service.submit(singleTransaction(body, request.headers['content-type'])))
}

async function submitBatch(
  service: NodeService,
  request: IncomingMessage,
  { report, refused }: ApiReports,
): Promise<Answer> {
  const body = await readBody(request, BATCH_BODY_BYTES, refused)
  const transactions = batchTransactions(body, request.headers['content-type'])
  const outcomes = await Promise.allSettled(transactions.map(async (bytes) => service.submit(bytes)))
  const results = outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value : toBatonError(outcome.reason, `POST ${BATCH}`, report).toJSON(),
  )
  return answerJson(200, { results })
}

function send(
  response: ServerResponse,
  { status, body, headers }: Answer,
  extra: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), ...extra })
  response.end(body)
}
