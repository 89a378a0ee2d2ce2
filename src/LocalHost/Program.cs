Console.WriteLine("fldurable");
