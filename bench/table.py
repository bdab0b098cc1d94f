"""The table of the README, from measured rows."""

import re
import sys

SHARES = {"sgemm": "of the matrix rate in the whole step", "sgemm_training": "of the matrix rate in its training part",
          "read_decode": "of the memory bandwidth in a decode step"}
START, END = "<!-- measured -->", "<!-- end of measured -->"


def of_losses(losses):
    """First and last of each list."""
    return ", ".join(f"{values[0]:.4f} → {values[-1]:.4f}" for values in losses.values()) or "–"


def rate(speed, name):
    return f"{speed[name]:.0f}" if name in speed else "–"


def share(result, name):
    return f"{100 * result['shares'][name]:.0f} %" if name in result["shares"] else "–"


def markdown(results):
    lines = [
        "| row | work | ours, s | peer, s | **speed** | at least | ours, GiB | peer, GiB | **memory** | at most "
        "| matrix rate, step | matrix rate, training | bandwidth, decode |",
        "| --- | --- " + "| ---: " * 11 + "|"]
    for r in results:
        given = "".join(f", ours with `{option}`" for option in r["ours_options"])
        lines.append(
            f"| {r['row']} | {r['describe']} ({r['model']}, {r['row_sizes'].get('precision', 'fp32')}){given} | {r['ours_seconds']:.3f} | {r['peer_seconds']:.3f} "
            f"| **{r['speed_ratio']:.2f} ×** | {r['speed_floor']:g} × | {r['ours_gib']:.2f} | {r['peer_gib']:.2f} "
            f"| **{r['memory_ratio']:.2f} ×** | {r['memory_floor']:g} × | {share(r, 'sgemm')} "
            f"| {share(r, 'sgemm_training')} | {share(r, 'read_decode')} |")
    lines += ["", "| row | losses, ours | losses, peer | GFLOP a step | sgemm, GFLOP/s | matmul, GFLOP/s | bf16, GFLOP/s | reads, GB/s | "
              "rounds × steps | threads | date | commit |",
              "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | --- | --- |"]
    for r in results:
        speed = r["speed"]
        lines.append(
            f"| {r['row']} | {of_losses(r['losses'])} | {of_losses(r['peer_losses'])} | {r['gflop_per_step']:.4g} "
            f"| {speed['sgemm_gflops']:.0f} | {speed['matmul_gflops']:.0f} | {rate(speed, 'bf16_gflops')} | {max(speed['read_gbps'], speed['matvec_gbps']):.1f} "
            f"| {r['rounds']} × {r['steps']} | {r['threads']} | {r['date']} | {r['revision'] or '–'} |")
    versions = sorted({r["peer"] for r in results})
    own = sorted({f"libtorch {r['speed']['libtorch']}, Java {r['speed']['java']}" for r in results})
    lines += ["", "Machine: " + "; ".join(sorted({r["machine"] for r in results})) + ".",
              "Ours: " + "; ".join(own) + ". Peers: " + "; ".join(versions) + "."]
    return "\n".join(lines)


def write(results, file):
    """Into the file between its marks; "-" prints."""
    if not results:
        sys.exit("nothing is measured yet: name a row")
    if str(file) == "-":
        print(markdown(results))
        return
    between(file, START, markdown(results), END)


def between(file, start, text, end):
    """Puts a text into the file between two marks, in place of what is there."""
    page = file.read_text()
    if start not in page or end not in page:
        sys.exit(f"{file}: lacks the lines {start} and {end} that the table goes between")
    pattern = re.escape(start) + ".*?" + re.escape(end)
    made = f"{start}\n{text}\n{end}"
    file.write_text(re.sub(pattern, lambda _: made, page, count=1, flags=re.DOTALL))
