/** An application that says ready and stays until its standard input ends. */
public final class Idle {
  private Idle() {}

  public static void main(String[] args) throws Exception {
    System.out.println("ready");
    while (System.in.read() >= 0) {
      // nothing
    }
  }
}
