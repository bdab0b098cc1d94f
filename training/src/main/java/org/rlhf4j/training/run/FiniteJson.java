package org.rlhf4j.training.run;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * JSON as a run's files have it: a number that isn't finite is {@code null}, for JSON has no NaN
 * and no infinity.
 */
public final class FiniteJson {

  private FiniteJson() {}

  /**
   * A mapper that writes so.
   *
   * @return a new one, to be set up further
   */
  public static ObjectMapper mapper() {
    return new ObjectMapper(
        JsonFactory.builder()
            .addDecorator((factory, generator) -> new FiniteGenerator(generator))
            .build());
  }

  private static final class FiniteGenerator extends JsonGeneratorDelegate {
    FiniteGenerator(JsonGenerator generator) {
      super(generator, false);
    }

    @Override
    public void writeNumber(double number) throws IOException {
      if (Double.isFinite(number)) {
        super.writeNumber(number);
      } else {
        writeNull();
      }
    }

    @Override
    public void writeNumber(float number) throws IOException {
      if (Float.isFinite(number)) {
        super.writeNumber(number);
      } else {
        writeNull();
      }
    }

    @Override
    public void writeArray(double[] numbers, int offset, int length) throws IOException {
      writeStartArray(numbers, length);
      for (int i = offset; i < offset + length; i++) {
        writeNumber(numbers[i]);
      }
      writeEndArray();
    }
  }
}
