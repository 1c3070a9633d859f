// How long a refused try still has to wait: counts down by the second from the moment the refusal came.
import { useEffect, useState } from "react";
import { refusalOf } from "../studio/client.ts";

/** Whole seconds left; 0 when the time is up; null when waiting has nothing to do with this error (or there is none). */
export function useRetryWait(error: unknown): number | null {
  const seconds = error ? refusalOf(error).retryAfterSeconds : undefined;
  const [wait, setWait] = useState<{ error: unknown; left: number } | null>(null);
  useEffect(() => {
    if (seconds === undefined) return setWait(null);
    // Against the clock, not by counting ticks: a window in the background ticks seldom.
    const until = performance.now() + seconds * 1000;
    const tick = () => setWait({ error, left: Math.max(0, Math.ceil((until - performance.now()) / 1000)) });
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [error, seconds]);
  if (seconds === undefined) return null;
  return wait !== null && wait.error === error ? wait.left : seconds;
}
