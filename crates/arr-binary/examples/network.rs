//! Writes a network of Torch7's nn as it is published: 42 modules, whose parameters are views of one storage, as
//! `getParameters` leaves them, and whose buffers are cleared.
//!
//! `cargo run -p arr-binary --example network -- FILE`

use arr_binary::torch7::{self, Builder};
use arr_core::{Error, Result, Value};

/// Parameters of all modules together.
const PARAMETERS: usize = 1106;

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).ok_or_else(|| Error::invalid("FILE is missing"))?;
    let mut new = Network::new()?;
    let root = new.network()?;
    if new.used != PARAMETERS {
        return Err(Error::invalid(format!("{} parameters are used", new.used)));
    }
    torch7::save(path, &new.builder.finish(root)?)
}

/// Makes modules.
struct Network {
    builder: Builder,
    /// The storage of all parameters, and how many of them are in use.
    storage: Value,
    used: usize,
}

type Fields = Vec<(&'static str, Value)>;

/// Numbers that look random and are the same every time, from -0.5 to 0.5.
fn numbers(count: u16, seed: u32) -> Vec<f32> {
    let step =
        |at: u16| u32::from(at).wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(40_503)) >> 20;
    (0..count).map(|at| f32::from(u16::try_from(step(at)).unwrap_or(0)) / 4096.0 - 0.5).collect()
}

impl Network {
    fn new() -> Result<Self> {
        let mut builder = Builder::new();
        let storage = builder.storage(&numbers(1106, 1))?;
        Ok(Self { builder, storage, used: 0 })
    }

    /// The next parameters.
    fn parameters(&mut self, shape: &[usize]) -> Result<Value> {
        let mut strides = vec![1isize; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * isize::try_from(shape[axis]).unwrap_or(0);
        }
        let tensor = self.builder.tensor_on(&self.storage, shape, &strides, self.used)?;
        self.used += shape.iter().product::<usize>();
        Ok(tensor)
    }

    /// A tensor without elements.
    fn cleared(&mut self) -> Result<Value> {
        self.builder.tensor(&Vec::<f32>::new())
    }

    /// A module with what every module has.
    fn module(&mut self, class: &str, own: Fields) -> Result<Value> {
        let (output, input) = (self.cleared()?, self.cleared()?);
        let mut fields =
            vec![("_type", "torch.FloatTensor".into()), ("output", output), ("gradInput", input)];
        fields.push(("train", false.into()));
        fields.extend(own);
        let fields = self.builder.table(fields)?;
        self.builder.instance(class, 1.0, fields)
    }

    fn container(&mut self, class: &str, modules: Vec<Value>) -> Result<Value> {
        let modules = self.builder.list(modules)?;
        self.module(class, vec![("modules", modules)])
    }

    fn convolution(&mut self, from: usize, to: usize) -> Result<Value> {
        let number = |number: usize| Value::from(f64::from(u32::try_from(number).unwrap_or(0)));
        let (weight, bias) = (self.parameters(&[to, from, 3, 3])?, self.parameters(&[to])?);
        let mut fields = vec![("nInputPlane", number(from)), ("nOutputPlane", number(to))];
        fields.extend(["kW", "kH"].map(|name| (name, 3.0.into())));
        fields.extend(["dW", "dH", "padW", "padH"].map(|name| (name, 1.0.into())));
        fields.extend([("weight", weight), ("bias", bias)]);
        self.module("nn.SpatialConvolution", fields)
    }

    fn normalization(&mut self, planes: u16) -> Result<Value> {
        let (weight, bias) = (self.parameters(&[planes.into()])?, self.parameters(&[planes.into()])?);
        let (mean, variance) =
            (self.builder.tensor(&numbers(planes, 2))?, self.builder.tensor(&vec![1.0f32; planes.into()])?);
        let fields = vec![
            ("eps", 1e-5.into()),
            ("momentum", 0.1.into()),
            ("affine", true.into()),
            ("running_mean", mean),
            ("running_var", variance),
            ("weight", weight),
            ("bias", bias),
        ];
        self.module("nn.SpatialBatchNormalization", fields)
    }

    fn relu(&mut self) -> Result<Value> {
        self.module("nn.ReLU", vec![("inplace", true.into()), ("threshold", 0.0.into()), ("val", 0.0.into())])
    }

    /// Two convolutions, and what comes in beside them.
    fn residual(&mut self) -> Result<Value> {
        let modules = vec![
            self.convolution(4, 4)?,
            self.normalization(4)?,
            self.relu()?,
            self.convolution(4, 4)?,
            self.normalization(4)?,
        ];
        let (inside, beside) =
            (self.container("nn.Sequential", modules)?, self.module("nn.Identity", Vec::new())?);
        let both = self.container("nn.ConcatTable", vec![inside, beside])?;
        let sum = self.module("nn.CAddTable", vec![("inplace", true.into())])?;
        let relu = self.relu()?;
        self.container("nn.Sequential", vec![both, sum, relu])
    }

    fn pooling(&mut self, class: &str, size: f64) -> Result<Value> {
        let fields = ["kW", "kH", "dW", "dH"].map(|name| (name, size.into()));
        self.module(class, fields.to_vec())
    }

    fn network(&mut self) -> Result<Value> {
        let mut modules = vec![self.convolution(3, 4)?, self.normalization(4)?, self.relu()?];
        modules.push(self.pooling("nn.SpatialMaxPooling", 2.0)?);
        for _ in 0..3 {
            modules.push(self.residual()?);
        }
        modules.push(self.pooling("nn.SpatialAveragePooling", 8.0)?);
        modules.push(self.module("nn.View", vec![("numElements", 4.0.into())])?);
        let (weight, bias) = (self.parameters(&[10, 4])?, self.parameters(&[10])?);
        modules.push(self.module("nn.Linear", vec![("weight", weight), ("bias", bias)])?);
        modules.push(self.module("nn.LogSoftMax", Vec::new())?);
        self.container("nn.Sequential", modules)
    }
}
