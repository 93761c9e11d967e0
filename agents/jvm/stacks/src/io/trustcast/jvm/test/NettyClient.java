package io.trustcast.jvm.test;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A pipeline with Netty's own TLS handler. */
final class NettyClient implements Client {
  private static final EventLoopGroup GROUP =
      new NioEventLoopGroup(1, new DefaultThreadFactory("netty", true));

  private final SslContext context;

  NettyClient(SslContext context) {
    this.context = context;
  }

  @Override
  public Boolean call(int port, String path) throws Exception {
    CompletableFuture<Void> answered = new CompletableFuture<>();
    ChannelInitializer<Channel> pipeline =
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel channel) {
            channel
                .pipeline()
                .addLast(
                    context.newHandler(channel.alloc(), "localhost", port), new Answer(answered));
          }
        };
    Bootstrap bootstrap =
        new Bootstrap().group(GROUP).channel(NioSocketChannel.class).handler(pipeline);
    Channel channel = bootstrap.connect("localhost", port).sync().channel();
    try {
      String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
      channel.writeAndFlush(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
      answered.get(10, TimeUnit.SECONDS);
      channel
          .closeFuture()
          .await(10, TimeUnit.SECONDS); // tickets are taken in until the server closes
      return null;
    } catch (ExecutionException failure) {
      Throwable cause = failure.getCause();
      throw (Exception) (cause.getCause() instanceof Exception ? cause.getCause() : cause);
    } finally {
      channel.close().await(10, TimeUnit.SECONDS);
    }
  }

  private static final class Answer extends SimpleChannelInboundHandler<ByteBuf> {
    private final CompletableFuture<Void> answered;

    Answer(CompletableFuture<Void> answered) {
      this.answered = answered;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf answer) {
      answered.complete(null);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      answered.completeExceptionally(new EOFException("closed"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      answered.completeExceptionally(cause);
    }
  }
}
