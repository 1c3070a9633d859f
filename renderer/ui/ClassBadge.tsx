// A class as colour and text together; colour is never the only sign.
import classes from "./ClassBadge.module.css";

export function ClassBadge({ name, color }: { name: string; color: string | null }) {
  return (
    <span className={classes.badge}>
      <svg className={classes.dot} viewBox="0 0 10 10" aria-hidden="true">
        <circle cx="5" cy="5" r="4.5" fill={color ?? "none"} stroke="currentColor" strokeWidth={color ? 0 : 1} />
      </svg>
      <span className={classes.name}>{name}</span>
    </span>
  );
}
