package org.rlhf4j.training.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** An open file of {@link CrashingFiles}. */
final class CrashingChannel extends FileChannel {

  private final CrashingFiles files;
  private final Path path;
  private final FileChannel real;

  CrashingChannel(CrashingFiles files, Path path, FileChannel real) {
    this.files = files;
    this.path = path;
    this.real = real;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    return files.change(
        "write " + path.getFileName(),
        () -> {
          files.written(path);
          return real.write(bytes);
        });
  }

  @Override
  public long write(ByteBuffer[] all, int offset, int length) throws IOException {
    return files.change(
        "write " + path.getFileName(),
        () -> {
          files.written(path);
          return real.write(all, offset, length);
        });
  }

  @Override
  public int write(ByteBuffer bytes, long position) throws IOException {
    return files.change(
        "write " + path.getFileName(),
        () -> {
          files.written(path);
          return real.write(bytes, position);
        });
  }

  @Override
  public void force(boolean metadata) throws IOException {
    files.change(
        "sync " + path.getFileName(),
        () -> {
          real.force(metadata);
          files.synced(path);
          return path;
        });
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    files.change("truncate " + path.getFileName(), () -> real.truncate(size));
    return this;
  }

  @Override
  public int read(ByteBuffer bytes) throws IOException {
    return real.read(bytes);
  }

  @Override
  public long read(ByteBuffer[] all, int offset, int length) throws IOException {
    return real.read(all, offset, length);
  }

  @Override
  public int read(ByteBuffer bytes, long position) throws IOException {
    return real.read(bytes, position);
  }

  @Override
  public long position() throws IOException {
    return real.position();
  }

  @Override
  public FileChannel position(long position) throws IOException {
    real.position(position);
    return this;
  }

  @Override
  public long size() throws IOException {
    return real.size();
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
    return real.transferTo(position, count, target);
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) throws IOException {
    return real.lock(position, size, shared);
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) throws IOException {
    return real.tryLock(position, size, shared);
  }

  @Override
  protected void implCloseChannel() throws IOException {
    real.close();
  }
}
