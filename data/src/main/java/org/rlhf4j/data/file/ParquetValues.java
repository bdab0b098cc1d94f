package org.rlhf4j.data.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.Type;

/** Parquet's values as JSON has them: text, numbers, truth values, lists and objects. */
final class ParquetValues {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ParquetValues() {}

  /** A field of a row or of a group in it; null where the file has none. */
  static JsonNode field(Group group, int field) {
    Type type = group.getType().getType(field);
    int count = group.getFieldRepetitionCount(field);
    if (type.isRepetition(Type.Repetition.REPEATED)) {
      ArrayNode list = JSON.arrayNode();
      for (int i = 0; i < count; i++) {
        list.add(value(group, field, i));
      }
      return list;
    }
    return count == 0 ? JSON.nullNode() : value(group, field, 0);
  }

  private static JsonNode value(Group group, int field, int index) {
    Type type = group.getType().getType(field);
    if (!type.isPrimitive()) {
      Group inner = group.getGroup(field, index);
      return isList(type) ? list(inner) : object(inner);
    }
    return switch (type.asPrimitiveType().getPrimitiveTypeName()) {
      case BOOLEAN -> JSON.booleanNode(group.getBoolean(field, index));
      case INT32 -> JSON.numberNode(group.getInteger(field, index));
      case INT64 -> JSON.numberNode(group.getLong(field, index));
      case FLOAT -> JSON.numberNode(group.getFloat(field, index));
      case DOUBLE -> JSON.numberNode(group.getDouble(field, index));
      case BINARY -> text(bytes(group.getBinary(field, index)));
      case INT96, FIXED_LEN_BYTE_ARRAY -> JSON.binaryNode(bytes(group.getBinary(field, index)));
    };
  }

  /** A value says itself how long it is; only bytes that are there take memory. */
  private static byte[] bytes(Binary value) {
    ByteBuffer there = value.toByteBuffer(); // refuses a length beyond its page
    byte[] bytes = new byte[there.remaining()];
    there.get(bytes);
    return bytes;
  }

  /** Bytes as text where they are UTF-8; others matter only where a row needs their column. */
  private static JsonNode text(byte[] bytes) {
    try {
      return JSON.textNode(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return JSON.binaryNode(bytes);
    }
  }

  private static boolean isList(Type type) {
    return type.getLogicalTypeAnnotation()
        instanceof LogicalTypeAnnotation.ListLogicalTypeAnnotation;
  }

  /** A list is a group of one repeated group, whose only field is an element. */
  private static JsonNode list(Group group) {
    ArrayNode list = JSON.arrayNode();
    Type repeated = group.getType().getType(0);
    boolean wrapped = !repeated.isPrimitive() && repeated.asGroupType().getFieldCount() == 1;
    for (int i = 0; i < group.getFieldRepetitionCount(0); i++) {
      list.add(wrapped ? field(group.getGroup(0, i), 0) : value(group, 0, i));
    }
    return list;
  }

  private static JsonNode object(Group group) {
    ObjectNode object = JSON.objectNode();
    for (int i = 0; i < group.getType().getFieldCount(); i++) {
      object.set(group.getType().getFieldName(i), field(group, i));
    }
    return object;
  }
}
