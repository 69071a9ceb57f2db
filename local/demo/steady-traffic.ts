import { Agent, request } from 'undici';

export interface TrafficCounts {
  readonly sent: number;
  readonly ok: number;
  /** Failed answers per deployment; `none` where nobody answered. */
  readonly failed: Readonly<Record<string, number>>;
}

/** A client that sends real rows at a steady rate from start to end, whatever else goes on. */
export interface SteadyTraffic {
  counts(): TrafficCounts;
  stop(): Promise<TrafficCounts>;
}

export interface SteadyTrafficOptions {
  readonly scoringUri: string;
  readonly key: string;
  /** One request body each, sent in turn. */
  readonly bodies: readonly string[];
  readonly perSecond: number;
}

export const startTraffic = ({ scoringUri, key, bodies, perSecond }: SteadyTrafficOptions): SteadyTraffic => {
  const agent = new Agent({ connections: 64 });
  const failed: Record<string, number> = {};
  const open = new Set<Promise<void>>();
  let sent = 0;
  let ok = 0;

  const send = async (body: string): Promise<void> => {
    let deployment = 'none';
    try {
      const answer = await request(scoringUri, {
        method: 'POST',
        dispatcher: agent,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body,
      });
      deployment = String(answer.headers['azureml-model-deployment'] ?? 'none');
      await answer.body.dump();
      if (answer.statusCode === 200) ok += 1;
      else failed[deployment] = (failed[deployment] ?? 0) + 1;
    } catch {
      failed[deployment] = (failed[deployment] ?? 0) + 1;
    }
  };

  const began = performance.now();
  const timer = setInterval(() => {
    // A late timer catches up, so that the rate holds on a busy machine.
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    while (sent < due) {
      const work = send(bodies[sent % bodies.length] ?? '').finally(() => open.delete(work));
      open.add(work);
      sent += 1;
    }
  }, 1000 / perSecond);

  const counts = (): TrafficCounts => ({ sent, ok, failed: { ...failed } });
  return {
    counts,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      await agent.close();
      return counts();
    },
  };
};
