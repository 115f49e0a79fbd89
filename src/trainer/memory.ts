/** Resident memory of another process, from the kernel's own account. */
import { readFile } from 'node:fs/promises';

/** Megabytes resident in `pid`; null when the process is gone or the system has no /proc. */
export async function residentMemoryMb(pid: number): Promise<number | null> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) / 1024;
  } catch {
    return null; // the process ended between two looks, or there is no /proc
  }
}
