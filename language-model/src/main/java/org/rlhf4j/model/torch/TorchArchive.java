package org.rlhf4j.model.torch;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a TorchScript archive around a script's source: a stored zip of four entries, as libtorch
 * reads it. The module it holds has one class, {@code Transformer} or another, whose attributes are
 * integers, floating-point numbers, lists of either and dictionaries that are empty at first.
 */
public final class TorchArchive {
  private TorchArchive() {}

  /**
   * A dictionary that the script fills.
   *
   * @param type its TorchScript type, {@code Dict[…, …]}
   */
  public record EmptyDict(String type) {}

  /**
   * Makes an archive.
   *
   * @param type the module class that the source defines
   * @param source the script, in the form that PyTorch saves
   * @param attributes the module's attributes: {@code Integer}, {@code Double}, a list of either or
   *     {@link EmptyDict}
   * @return the archive's bytes
   */
  static byte[] of(String type, String source, Map<String, ?> attributes) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      put(zip, "script/data.pkl", modulePickle(type, attributes));
      put(zip, "script/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
      put(zip, "script/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'}); // an empty tuple
      put(zip, "script/version", "10\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Pickle protocol 2 of one object of class {@code __torch__.TYPE} with its attributes. */
  private static byte[] modulePickle(String type, Map<String, ?> attributes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream pickle = new DataOutputStream(bytes)) {
      pickle.write(new byte[] {(byte) 0x80, 2, 'c'});
      pickle.writeBytes("__torch__\n" + type + "\n");
      pickle.write(new byte[] {')', (byte) 0x81, '}', '('});
      string(pickle, "training");
      pickle.write(0x88); // True
      for (Map.Entry<String, ?> attribute : attributes.entrySet()) {
        string(pickle, attribute.getKey());
        value(pickle, attribute.getValue());
      }
      pickle.write(new byte[] {'u', 'b', '.'});
    }
    return bytes.toByteArray();
  }

  private static void string(DataOutputStream pickle, String text) throws IOException {
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    pickle.write('X');
    pickle.writeInt(Integer.reverseBytes(ascii.length));
    pickle.write(ascii);
  }

  private static void value(DataOutputStream pickle, Object value) throws IOException {
    if (value instanceof List<?> list) {
      pickle.write('c');
      pickle.writeBytes("torch.jit._pickle\n");
      pickle.writeBytes(isInteger(value) ? "build_intlist\n" : "build_doublelist\n");
      pickle.write(new byte[] {'(', ']', '('});
      for (Object element : list) {
        value(pickle, element);
      }
      pickle.write(new byte[] {'e', 't', 'R'});
    } else if (value instanceof Integer number) {
      pickle.write('J');
      pickle.writeInt(Integer.reverseBytes(number));
    } else if (value instanceof Double number) {
      pickle.write('G');
      pickle.writeDouble(number);
    } else {
      pickle.write('}');
    }
  }

  /** An attribute's type in the script. */
  static String typeOf(Object value) {
    if (value instanceof EmptyDict dict) {
      return dict.type();
    }
    String number = isInteger(value) ? "int" : "float";
    return value instanceof List<?> ? "List[" + number + "]" : number;
  }

  private static boolean isInteger(Object value) {
    return (value instanceof List<?> list ? list.get(0) : value) instanceof Integer;
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
