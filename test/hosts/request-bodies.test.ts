import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { RequestBodies } from "../../main/hosts/request-bodies.ts";

const CHUNK = new Uint8Array(60 * 1024 ** 2);

test("what comes in after an answer that did not wait for it does not count against later requests", async () => {
  const bodies = new RequestBodies();
  for (let request = 0; request < 30; request++) {
    const { promise: answered, resolve: come } = Promise.withResolvers<void>();
    const late = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await answered;
        controller.enqueue(CHUNK);
      },
    });
    await bodies.receive(post(late), async (counted) => {
      void counted.body?.getReader().read();
      return new Response();
    });
    come();
    await setImmediate();
  }
  const answer = await bodies.receive(
    post(new Blob([CHUNK]).stream()),
    async (counted) => new Response(String((await counted.arrayBuffer()).byteLength)),
  );
  expect(await answer.text()).toBe(String(CHUNK.byteLength));
});

const post = (body: ReadableStream<Uint8Array>): Request =>
  new Request("http://127.0.0.1/rpc/x", { method: "POST", body, duplex: "half" } as RequestInit);
