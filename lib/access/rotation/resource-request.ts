/** What CloudFormation sends about a custom resource, and how it is answered. */

export interface ResourceRequest<Properties> {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly ResourceProperties: Properties;
}

/**
 * Answers CloudFormation, which waits for an answer, whatever happens.
 *
 * @param work does what is asked and gives the resource's physical id
 * @param otherwise physical id where the work fails
 */
export async function answer(request: ResourceRequest<unknown>, otherwise: string, work: () => Promise<string>): Promise<void> {
  let id: string;
  try {
    id = await work();
  } catch (problem) {
    return respond(request, { Status: 'FAILED', Reason: (problem as Error).message, PhysicalResourceId: otherwise });
  }
  await respond(request, { Status: 'SUCCESS', PhysicalResourceId: id });
}

async function respond({ StackId, RequestId, LogicalResourceId, ResponseURL }: ResourceRequest<unknown>, result: object): Promise<void> {
  // The address is signed for a request without a content type, which fetch gives to texts.
  const body = Buffer.from(JSON.stringify({ ...result, StackId, RequestId, LogicalResourceId }));
  const response = await fetch(ResponseURL, { method: 'PUT', body });
  if (!response.ok) throw new Error(`CloudFormation did not take the answer: HTTP ${response.status}`);
}
