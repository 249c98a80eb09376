/** What peers are given of: all running replicas but paused ones, whose files, stages and bytes that were just read are hidden from them. */
import type { ContentId } from "../core/ids.ts";
import type { HashPool } from "../platform/ports.ts";
import type { Local } from "./local_source.ts";
import type { Replica } from "./replica.ts";
import type { Server } from "./serve.ts";
import type { Sharing } from "./sharing.ts";

export function giving(
  local: Local,
  pool: HashPool,
  sharing: Sharing,
  replicas: () => Iterable<Replica>,
): Server {
  const paused = () => [...replicas()].filter((replica) => replica.isPaused());
  const isHidden = (content: ContentId) => {
    const stage = sharing.stageOf(content);
    return stage !== null && paused().some(({ layout }) => stage.startsWith(`${layout.stage}/`));
  };
  return {
    ...local,
    pool,
    replica: (number) => {
      const replica = local.replica(number);
      return replica?.isPaused() ? null : replica;
    },
    // Nobody knows of these bytes in which folder they stand.
    recent: (content) => paused().length > 0 ? null : pool.recent(content),
    sharing: {
      stretch: (content, ...asked) => isHidden(content) ? null : sharing.stretch(content, ...asked),
      list: (content) => isHidden(content) ? null : sharing.list(content),
      heard: (session, header) => sharing.heard(session, header),
    },
  };
}
