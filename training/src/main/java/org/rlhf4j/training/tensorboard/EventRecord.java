package org.rlhf4j.training.tensorboard;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A record of an event file: an Event message of TensorFlow framed as a TFRecord.
 *
 * <pre>
 *   uint64 length, uint32 masked CRC of the length, the message, uint32 masked CRC of the message
 *   mask(crc) = ((crc &gt;&gt;&gt; 15) | (crc &lt;&lt; 17)) + 0xa282ead8
 * </pre>
 *
 * Sources: tensorflow/core/util/event.proto, framework/summary.proto, lib/io/record_writer.h.
 */
final class EventRecord {

  private static final int MASK_DELTA = 0xa282ead8;

  // Event
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;

  // SessionLog
  private static final int STATUS = 1;
  private static final int START = 1;

  // Summary and Summary.Value
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;

  private EventRecord() {}

  /** The first record of a file. */
  static byte[] version(double wallTime) {
    return framed(new ProtoMessage().real(WALL_TIME, wallTime).text(FILE_VERSION, "brain.Event:2"));
  }

  /** A start from which on the steps count: what was recorded from this step on is void. */
  static byte[] start(double wallTime, int step) {
    return framed(
        new ProtoMessage()
            .real(WALL_TIME, wallTime)
            .integer(STEP, step)
            .message(SESSION_LOG, new ProtoMessage().integer(STATUS, START)));
  }

  /** The scalars of a step. */
  static byte[] scalars(double wallTime, int step, Map<String, Double> values) {
    ProtoMessage summary = new ProtoMessage();
    values.forEach(
        (name, value) ->
            summary.message(
                VALUE,
                new ProtoMessage().text(TAG, name).single(SIMPLE_VALUE, value.floatValue())));
    return framed(
        new ProtoMessage().real(WALL_TIME, wallTime).integer(STEP, step).message(SUMMARY, summary));
  }

  private static byte[] framed(ProtoMessage event) {
    byte[] message = event.bytes();
    byte[] length = littleEndian(Long.BYTES).putLong(message.length).array();
    return littleEndian(Long.BYTES + Integer.BYTES + message.length + Integer.BYTES)
        .put(length)
        .putInt(maskedCrc(length))
        .put(message)
        .putInt(maskedCrc(message))
        .array();
  }

  static int maskedCrc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
  }

  private static ByteBuffer littleEndian(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
