package org.rlhf4j.examples;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.batch.MicroBatches;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.split.SplitFiles;
import org.rlhf4j.data.split.SplitRows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.tokenizer.Tokenizer;

/** From a file of rows to a batch of token ids. */
public final class ReadRows {

  private ReadRows() {}

  /** Arguments: a model's folder, a file of comparisons. */
  public static void main(String[] args) {
    try (Tokenizer tokenizer = Tokenizer.load(Path.of(args[0]))) {
      run(tokenizer, Path.of(args[1])).stream().map(Arrays::toString).forEach(System.out::println);
    }
  }

  // [read-rows
  static List<int[]> run(Tokenizer tokenizer, Path file) {
    RowFiles files = RowFiles.of(List.of(file), RowFormat.USUAL);
    RowFiles none = RowFiles.of(List.of(), RowFormat.USUAL);
    SplitFiles split = new SplitFiles(files, none, 0.1); // 1 and 2: a tenth is held out
    RowTokenizer ids = new RowTokenizer(tokenizer, 256); // 3
    SplitRows rows = SplitRows.read(split, RowKind.COMPARISONS, OnBadRow.FAIL, ids);
    rows.lines().forEach(System.out::println); // 4
    rows.report().require(0.05);
    int step = 1;
    int[] batch = new BatchOrder(rows.training().size(), 16, 0, true).rows(step); // 5
    List<TokenTree> trees =
        Arrays.stream(batch).mapToObj(i -> rows.training().get(i).tree()).toList();
    return MicroBatches.of(trees, 1024); // 6
  }
  // read-rows]
}
