package org.rlhf4j.studio.web;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Server-sent events as an answer to a request, written by the thread that handles it. */
final class EventStream {

  private final OutputStream out;

  private EventStream(OutputStream out) {
    this.out = out;
  }

  /** Begins to answer a request with events. */
  static EventStream answering(Context request) throws IOException {
    request.res().setContentType("text/event-stream; charset=utf-8");
    return new EventStream(request.res().getOutputStream());
  }

  /**
   * Sends an event.
   *
   * @param name what kind it is
   * @param data one line
   * @param id what a page that comes back names as the last that it got
   * @throws IOException if nobody listens any more
   */
  void send(String name, String data, String id) throws IOException {
    write("id: " + id + "\nevent: " + name + "\ndata: " + data + "\n\n");
  }

  /**
   * Sends nothing, to find out whether somebody listens.
   *
   * @throws IOException if nobody does
   */
  void beat() throws IOException {
    write(":\n\n");
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
